import { expect } from 'chai';

import { RecentValues } from '../../../lib/store/lmdb/recent-values.js';

function versioned(version: number, length = 10): { value: Buffer; version: number } {
  return { value: Buffer.alloc(length), version };
}

function keysSince(values: RecentValues, group: number): string[] {
  return Array.from(values.neededSince(group), ({ key }) => key);
}

describe('recent values', () => {
  it('need the group they came with, however often they change', () => {
    const values = new RecentValues();
    values.set('a', versioned(1), 1, undefined);
    values.set('b', versioned(2), 2, 7);
    values.set('a', versioned(3), 3, 99);
    expect(values.get('a')).to.deep.include({ held: versioned(3), since: 1, placed: undefined });
    expect(values.get('b')?.placed).to.equal(7);
    expect(keysSince(values, 1)).to.deep.equal(['a']);
    expect(keysSince(values, 3)).to.deep.equal(['a', 'b']);
    expect(values.oldestGroup).to.equal(1);
  });

  it('are found behind one that was put into its place and has changed again', () => {
    const values = new RecentValues();
    values.set('a', versioned(1), 1, undefined);
    values.set('b', versioned(2), 2, undefined);
    values.set('c', versioned(3), 3, undefined);
    const first = values.get('a');
    if (first === undefined) throw new Error('a was expected');
    first.since = 3;
    first.again = true;
    expect(keysSince(values, 2)).to.deep.equal(['b']);
    expect(values.oldestGroup).to.equal(2);
  });

  it('weigh what they hold', () => {
    const values = new RecentValues();
    values.set('a', versioned(1, 1000), 1, undefined);
    const one = values.bytes;
    values.set('a', versioned(2, 3000), 2, undefined);
    expect(values.bytes - one).to.equal(2000);
    values.set('a', undefined, 3, undefined);
    expect(values.bytes).to.equal(one - 1000);
    const value = values.get('a');
    if (value === undefined) throw new Error('a was expected');
    values.delete(value);
    values.delete(value);
    expect(values.bytes).to.equal(0);
    expect(values.oldestGroup).to.equal(undefined);
  });
});
