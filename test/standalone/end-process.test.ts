import { expect } from 'chai';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { exchange, openConnection } from '../support/raw-http.js';
import { startProgram, type RunningProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { buildFirst, entry, root } from './support/entry.js';

const BUSY = fileURLToPath(new URL('support/busy-child.ts', import.meta.url));

/** Has an exception that nobody handles at every SIGUSR2. */
const BUG = "data:text/javascript,process.on('SIGUSR2',()=>{throw new Error('a bug')})";

/** An announce of a peer that was not there before, so that it is written. */
function announce(): string {
  const peerId = String(peers++).padStart(20, '0');
  return `GET /announce?info_hash=${'h'.repeat(20)}&peer_id=${peerId}&port=6881&left=1 HTTP/1.1\r\nHost: t\r\n\r\n`;
}
let peers = 0;

describe('the end of the process', function () {
  this.timeout(30_000);
  let directory = '';
  let port = 0;
  let tracker: RunningProgram;
  const programs: RunningProgram[] = [];

  buildFirst();

  beforeEach(async () => {
    directory = await makeTempDir();
    port = await freePort();
  });

  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => program.kill9()));
    await removeTempDir(directory);
  });

  async function start(args: readonly string[], settings: NodeJS.ProcessEnv = {}): Promise<RunningProgram> {
    const program = await startProgram(process.execPath, args, {
      cwd: root,
      env: { PATH: process.env['PATH'], PORT: String(port), DATA_DIR: join(directory, 'data'), ...settings },
    });
    programs.push(program);
    return program;
  }

  async function startTracker(settings: NodeJS.ProcessEnv = {}): Promise<void> {
    tracker = await start(['--import', BUG, entry], settings);
    await saysSomething(tracker);
  }

  async function saysSomething(program: RunningProgram): Promise<void> {
    await eventually(
      'it is ready',
      20_000,
      () => program.stdout !== '',
      () => program.describe(),
    );
  }

  /** Waits for it. @returns milliseconds that it took */
  async function end(): Promise<number> {
    const startMs = performance.now();
    await eventually(
      'the process has ended',
      10_000,
      () => tracker.exit !== undefined,
      () => tracker.describe(),
    );
    return performance.now() - startMs;
  }

  it('comes at once, with status 1, after an error that nobody expected, though announces are being written', async () => {
    await startTracker();
    // One after the other, several at a time: so something is being written all the time.
    let replies = 0;
    for (let i = 0; i < 32; i++) {
      const connection = await openConnection(port);
      connection.on('data', () => {
        replies++;
        connection.write(announce());
      });
      connection.write(announce());
    }
    await eventually('announces are written', 10_000, () => replies > 200);
    process.kill(tracker.pid, 'SIGUSR2');
    process.kill(tracker.pid, 'SIGUSR2');
    expect(await end()).to.be.below(2500);
    expect(tracker.exit, tracker.describe()).to.deep.equal({ status: 1, signal: undefined });
    expect(tracker.stderr).to.match(/^[^\n]*"uncaught exception"[^\n]*a bug[^\n]*\n$/);

    await startTracker();
    expect(await exchange(port, announce().replace('Host', 'Connection: close\r\nHost'))).to.contain(
      '8:interval',
    );
  });

  for (const [signal, status] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    it(`has the status ${status} at a second ${signal}, though the store is being written to`, async () => {
      tracker = await start(['--import', 'tsx', BUSY, join(directory, 'data')]);
      await saysSomething(tracker);
      process.kill(tracker.pid, signal);
      await delay(700);
      expect(tracker.stdout).to.contain('stopping');
      process.kill(tracker.pid, signal);
      expect(await end()).to.be.below(2500);
      expect(tracker.exit).to.deep.equal({ status, signal: undefined });
    });
  }
});
