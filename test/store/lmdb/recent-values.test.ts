import { expect } from 'chai';
import fc from 'fast-check';

import { RecentValues, type RecentValue } from '../../../lib/store/lmdb/recent-values.js';

function versioned(version: number, length = 10): { value: Buffer; version: number } {
  return { value: Buffer.alloc(length), version };
}

function keysUpTo(values: RecentValues, group: number, most = 100): string[] {
  return values.oldest((needed) => needed <= group, most).map(({ key }) => key);
}

function valueOf(values: RecentValues, key: string): RecentValue {
  const value = values.get(key);
  if (value === undefined) throw new Error(`${key} was expected`);
  return value;
}

describe('recent values', () => {
  it('need the group they came with, however often they change', () => {
    const values = new RecentValues();
    values.set('a', versioned(1), 1, false);
    values.set('b', versioned(2), 2, false);
    values.set('a', versioned(3), 3, false);
    expect(values.get('a')).to.deep.include({ held: versioned(3), since: 1 });
    expect(keysUpTo(values, 1)).to.deep.equal(['a']);
    expect(keysUpTo(values, 3)).to.deep.equal(['a', 'b']);
    expect(keysUpTo(values, 3, 1)).to.deep.equal(['a']);
    expect(values.oldestGroup).to.equal(1);
  });

  it('come last while they are put into their places, and stay if they changed meanwhile', () => {
    const values = new RecentValues();
    values.set('a', versioned(1), 1, false);
    values.set('b', versioned(2), 2, false);
    const a = valueOf(values, 'a');
    expect(values.placing(a, 3)).to.equal(true);
    values.set('c', versioned(3), 3, false);
    values.set('a', versioned(4), 4, false);
    values.placed(a, 1);
    expect(valueOf(values, 'a')).to.deep.include({ held: versioned(4), since: 3 });
    expect(keysUpTo(values, 2)).to.deep.equal(['b']);
    expect(keysUpTo(values, 3)).to.deep.equal(['b', 'a', 'c']);
    values.placed(a, 4);
    expect(values.get('a')).to.equal(undefined);
    expect(values.placing(a, 5)).to.equal(false);
  });

  it('weigh what they hold', () => {
    const values = new RecentValues();
    values.set('a', versioned(1, 1024), 1, true);
    const one = values.bytes;
    values.set('a', versioned(2, 3072), 2, false);
    expect(values.bytes - one).to.equal(2048);
    values.set('a', undefined, 3, false);
    expect(values.bytes).to.equal(one - 1024);
    const value = valueOf(values, 'a');
    values.placed(value, undefined);
    values.placed(value, undefined);
    expect(values.bytes).to.equal(0);
    expect(values.oldestGroup).to.equal(undefined);
  });

  it('keep their bytes for whoever reads them while they change, are forgotten, and others come', () => {
    const values = new RecentValues();
    values.set('a', { value: Buffer.alloc(100, 1), version: 1 }, 1, true);
    values.set('b', { value: Buffer.alloc(100, 2), version: 2 }, 1, true);
    const [a, b] = [valueOf(values, 'a').held?.value, valueOf(values, 'b').held?.value];
    values.hold();
    values.set('a', { value: Buffer.alloc(100, 3), version: 3 }, 2, false);
    values.placed(valueOf(values, 'b'), 2);
    values.set('c', { value: Buffer.alloc(100, 4), version: 4 }, 3, true);
    expect(a?.equals(Buffer.alloc(100, 1))).to.equal(true);
    expect(b?.equals(Buffer.alloc(100, 2))).to.equal(true);
    values.clear();
    values.set('d', { value: Buffer.alloc(100, 5), version: 5 }, 4, true);
    expect(a?.equals(Buffer.alloc(100, 1))).to.equal(true);
    values.letGo();
    expect(valueOf(values, 'd').held?.value.equals(Buffer.alloc(100, 5))).to.equal(true);
  });

  it('are in the order of the groups they need, and unlisted if the database lists them otherwise, whatever happens', () => {
    const action = fc.record({
      kind: fc.constantFrom('put', 'put', 'remove', 'begin', 'end'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const values = new RecentValues();
        const database = new Map<string, number>();
        const underWay = new Map<string, { value: RecentValue; version: number | undefined }>();
        actions.forEach(({ kind, key }, i) => {
          const group = i + 1;
          const recent = values.get(key);
          const isHeld = recent === undefined ? database.has(key) : recent.held !== undefined;
          if (kind === 'put') values.set(key, versioned(group), group, !isHeld);
          else if (kind === 'remove') {
            if (isHeld) values.set(key, undefined, group, false);
          } else if (kind === 'begin') {
            if (recent === undefined || underWay.has(key)) return;
            underWay.set(key, { value: recent, version: recent.held?.version });
            values.placing(recent, group);
          } else {
            const placing = underWay.get(key);
            if (placing === undefined) return;
            underWay.delete(key);
            if (placing.version === undefined) database.delete(key);
            else database.set(key, placing.version);
            values.placed(placing.value, placing.version);
          }
          const all = values.oldest(() => true, Infinity);
          const kept = ['a', 'b', 'c', 'd', 'e'].filter((each) => values.get(each) !== undefined);
          expect(all.map(({ key: of }) => of)).to.have.members(kept);
          const groups = all.map(({ since }) => since);
          expect(groups).to.deep.equal([...groups].sort((x, y) => x - y));
          const unlisted = all.filter(({ held, key: of }) => (held !== undefined) !== database.has(of));
          expect([...values.unlisted()]).to.include.members(unlisted);
        });
      }),
    );
  });
});
