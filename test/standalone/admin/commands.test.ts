import { expect } from 'chai';

import { parseConfig } from '../../../lib/config.js';
import { systemClock } from '../../../lib/environment.js';
import { adminCommands } from '../../../lib/standalone/admin/commands.js';
import { REPORT_KEY } from '../../../lib/purge/report.js';
import { MemoryStore } from '../../support/memory-store.js';
import { RecordingLog } from '../../support/recording-log.js';
import { rejectionOf } from '../../support/rejection.js';

describe('what a tracker does for commands', () => {
  const never = new AbortController().signal;

  function tracker() {
    const store = new MemoryStore({ concurrency: 'compare-and-swap' });
    const config = parseConfig({});
    return { store, commands: adminCommands({ config, store, clock: systemClock, log: new RecordingLog() }) };
  }

  it('purge goes over everything, and report gives what it reported', async () => {
    const { commands } = tracker();
    expect(await commands.get('report')?.({}, never)).to.equal(undefined);
    const report = await commands.get('purge')?.({}, never);
    expect(report).to.include({ swarms: 0 });
    expect(await commands.get('report')?.({}, never)).to.deep.equal(report);
  });

  it('purge ends when the tracker stops, and leaves no report', async () => {
    const { commands, store } = tracker();
    const error = await rejectionOf(Promise.resolve(commands.get('purge')?.({}, AbortSignal.abort())));
    expect(error).to.have.property('message').that.includes('not ended');
    expect((await store.fetch(REPORT_KEY)).values).to.deep.equal([]);
  });

  it('try-write tells how long a write takes, and leaves no key', async () => {
    const { commands, store } = tracker();
    expect(await commands.get('try-write')?.({}, never)).to.be.a('number');
    expect((await store.keys({ from: '', to: '\x7f' }, undefined, 10)).keys).to.deep.equal([]);
  });
});
