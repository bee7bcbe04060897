import { EventEmitter } from 'node:events';
import { expect } from 'chai';

import { exchange } from '../support/raw-http.js';
import { startTracker } from '../support/tracker-process.js';
import { takeHarmlessSignals, type HangupHook } from '../../lib/standalone/harmless-signals.js';
import { request } from './support/server.js';

describe('signals that mean no end', () => {
  it('do no harm: the tracker goes on, without a debugger', async () => {
    const tracker = await startTracker();
    try {
      for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.kill(tracker.pid, signal);
      expect(await exchange(tracker.port, request('GET /health'))).to.match(/^HTTP\/1\.1 200/);
      expect(tracker.program.exit).to.equal(undefined);
      expect(tracker.program.stderr).to.equal('');
    } finally {
      await tracker.dispose();
    }
  }).timeout(60_000);

  it('call what is to be done at SIGHUP, also what was added later, and nothing at the others', () => {
    const process = new EventEmitter();
    const called: string[] = [];
    const hooks: HangupHook[] = [() => called.push('a')];
    takeHarmlessSignals(hooks, process as NodeJS.Process);
    hooks.push(() => called.push('b'));
    process.emit('SIGUSR1');
    process.emit('SIGUSR2');
    expect(called).to.deep.equal([]);
    process.emit('SIGHUP');
    expect(called).to.deep.equal(['a', 'b']);
  });
});
