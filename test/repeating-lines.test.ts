import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import { withoutRepeats } from '../lib/repeating-lines.js';
import { RecordingLog } from './support/recording-log.js';

const everyMs = 50;

describe('a log in which an outage is a few lines', () => {
  it('has one when it begins, one with counts every now and then, and one when it is over', async () => {
    const lines = new RecordingLog();
    const log = withoutRepeats(lines, everyMs);
    const cause = new Error('no node of Riak can be reached');
    const until = performance.now() + 2.5 * everyMs;
    let failed = 0;
    while (performance.now() < until) {
      log.warn('tracker busy', { cause });
      failed += 1;
      await delay(1);
    }
    await delay(3 * everyMs);
    const events = lines.lines.map(({ event }) => event);
    expect(events[0]).to.equal('tracker busy');
    expect(events.at(-1)).to.equal('tracker busy, no more');
    expect(events.slice(1, -1)).to.have.length.within(1, 4);
    expect(new Set(events.slice(1, -1))).to.deep.equal(new Set(['tracker busy, again']));
    expect(lines.lines[1]?.fields).to.include({ cause });
    expect(lines.lines.at(-1)?.fields).to.include({ total: failed });
  });

  it('begins anew after it was over', async () => {
    const lines = new RecordingLog();
    const log = withoutRepeats(lines, everyMs);
    log.warn('tracker busy');
    await delay(2.5 * everyMs);
    log.warn('tracker busy');
    expect(lines.lines.map(({ event }) => event)).to.deep.equal([
      'tracker busy',
      'tracker busy, no more',
      'tracker busy',
    ]);
  });

  it('has every line of another kind, and tells outages of different kinds apart', () => {
    const lines = new RecordingLog();
    const log = withoutRepeats(lines, everyMs);
    for (let i = 0; i < 2; i += 1) {
      log.error('internal error');
      log.info('riak node up');
      log.warn('tracker busy');
      log.error('download not counted');
    }
    expect(lines.lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal([
      'error internal error',
      'info riak node up',
      'warn tracker busy',
      'error download not counted',
      'error internal error',
      'info riak node up',
    ]);
  });
});
