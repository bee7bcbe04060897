import { expect } from 'chai';
import fc from 'fast-check';

import { LinkedList, type Linked } from '../lib/linked-list.js';

interface Entry extends Linked<Entry> {
  readonly name: number;
}

function contentOf(list: LinkedList<Entry>): number[] {
  const names: number[] = [];
  for (let entry = list.first; entry !== undefined; entry = entry.after) names.push(entry.name);
  return names;
}

describe('a linked list', () => {
  it('is an array from which anything can be taken', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat({ max: 9 }), { nil: undefined })), (steps) => {
        const list = new LinkedList<Entry>();
        const model: Entry[] = [];
        steps.forEach((place, name) => {
          if (place === undefined) {
            const entry: Entry = { name, before: undefined, after: undefined };
            list.append(entry);
            model.push(entry);
          } else {
            const [entry] = model.splice(place % Math.max(model.length, 1), 1);
            if (entry !== undefined) list.remove(entry);
          }
          expect(contentOf(list)).to.deep.equal(model.map((entry) => entry.name));
        });
      }),
    );
  });

  it('takes back what was in it', () => {
    const list = new LinkedList<Entry>();
    const entries = [1, 2, 3].map((name): Entry => ({ name, before: undefined, after: undefined }));
    for (const entry of entries) list.append(entry);
    for (const entry of entries) {
      list.remove(entry);
      list.append(entry);
    }
    expect(contentOf(list)).to.deep.equal([1, 2, 3]);
    list.clear();
    expect(contentOf(list)).to.deep.equal([]);
  });
});
