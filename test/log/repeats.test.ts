import { expect } from 'chai';

import type { LogEntry } from '../../lib/log/entry.js';
import { Repeats } from '../../lib/log/repeats.js';
import type { LogFields } from '../../lib/log.js';

const START = 1_700_000_000_000;

function entry(event: string, time: number, fields: LogFields = {}): LogEntry {
  return { level: 'warn', time: START + time, event, fields };
}

/** How many of so many lines are new, one a millisecond from `from` on. */
function newOf(repeats: Repeats, count: number, from: number, fieldsOf: (i: number) => LogFields): number {
  const times = Array.from({ length: count }, (_, i) => i);
  return times.filter((i) => repeats.isNew(entry('busy', from + i, fieldsOf(i)))).length;
}

describe('lines that repeat', () => {
  it('are written whole once, and then as a count every period for as long as they come', () => {
    const repeats = new Repeats(30_000);
    const same = (): LogFields => ({ cause: new Error('no', { cause: new TypeError('why') }) });
    expect(newOf(repeats, 10_000, 0, same)).to.equal(1);
    expect(repeats.counts(START + 29_999)).to.deep.equal([]);
    const count = { repeated: 9999, seconds: 30, cause: 'Error: no; TypeError: why' };
    expect(repeats.counts(START + 30_000)).to.deep.equal([entry('busy', 30_000, count)]);
    expect(newOf(repeats, 5, 30_001, same)).to.equal(0);
    expect(repeats.counts(START + 60_000).map(({ fields }) => fields['repeated'])).to.deep.equal([5]);
  });

  it('are written whole again when they have not come for a period', () => {
    const repeats = new Repeats(30_000);
    const same = (): LogFields => ({ host: 'a' });
    expect(newOf(repeats, 2, 0, same)).to.equal(1);
    expect(repeats.counts(START + 30_000)).to.have.length(1);
    expect(repeats.counts(START + 60_000)).to.deep.equal([]);
    expect(newOf(repeats, 1, 60_001, same)).to.equal(1);
  });

  it('are told apart by level, event, fields and causes', () => {
    const repeats = new Repeats();
    const lines: LogEntry[] = [
      entry('a', 0),
      entry('b', 0),
      { ...entry('a', 0), level: 'error' },
      entry('a', 0, { host: '1' }),
      entry('a', 0, { cause: new Error('one') }),
      entry('a', 0, { cause: new Error('one', { cause: new Error('two') }) }),
    ];
    for (const line of lines) expect(repeats.isNew(line)).to.equal(true);
    for (const line of lines) expect(repeats.isNew(line)).to.equal(false);
  });

  it('are the same where the numbers of a cause differ, as the ports of nodes that are all down', () => {
    const repeats = new Repeats();
    const refusedBy = (port: number): LogFields => ({
      cause: new Error('no node', { cause: new Error(`ECONNREFUSED 127.0.0.1:${port}`) }),
    });
    expect(newOf(repeats, 3, 0, (i) => refusedBy(8087 + i))).to.equal(1);
    expect(newOf(repeats, 3, 0, (i) => ({ port: 8087 + i, ...refusedBy(8087 + i) }))).to.equal(3);
  });

  it('are, of one event, at most a few whole ones in a period, however different they are', () => {
    const repeats = new Repeats(30_000, 10);
    const different = (i: number): LogFields => ({ key: i });
    expect(newOf(repeats, 20_000, 0, different)).to.equal(10);
    expect(repeats.counts(START + 30_000)[0]?.fields).to.deep.equal({
      repeated: 19_990,
      seconds: 30,
      key: 19_999,
    });
    expect(newOf(repeats, 20_000, 30_001, (i) => ({ key: 'more', i }))).to.equal(10);
  });

  it('are counted though nobody can show them, and though the clock is set back', () => {
    const repeats = new Repeats(30_000);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(newOf(repeats, 10, 0, () => ({ circle, big: 1n }))).to.equal(1);
    expect(repeats.counts(START - 3_600_000)[0]?.fields['repeated']).to.equal(9);
  });

  it('are counted at the end, whatever the period', () => {
    const repeats = new Repeats(30_000);
    newOf(repeats, 3, 0, () => ({}));
    expect(repeats.lastCounts(START + 1000)).to.deep.equal([
      entry('busy', 1000, { repeated: 2, seconds: 1 }),
    ]);
    expect(repeats.lastCounts(START + 2000)).to.deep.equal([]);
  });
});
