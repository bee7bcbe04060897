import { spawn, spawnSync, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';

import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { describeWith, type Requirement } from '../support/programs.js';
import { exchange } from '../support/raw-http.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { linux } from '../system/support/proc.js';
import { buildFirst, entry } from './support/entry.js';

const pseudoTerminals: Requirement = () =>
  spawnSync('script', ['--version']).status === 0 ? undefined : 'install the Debian package bsdutils';

const TIMEOUT_MS = 40_000;
const ANNOUNCE = `GET /announce?info_hash=${'h'.repeat(20)}&peer_id=${'p'.repeat(20)}&port=6881&left=1 HTTP/1.0\r\n\r\n`;

describeWith([linux], 'a log that cannot be written', () => {
  let directory = '';
  let port = 0;
  let cleanUp: (() => void)[] = [];

  buildFirst();

  beforeEach(async () => {
    directory = await makeTempDir();
    port = await freePort();
    cleanUp = [];
  });

  afterEach(async () => {
    for (const task of cleanUp) task();
    await removeTempDir(directory);
  });

  function environment(): NodeJS.ProcessEnv {
    const data = join(directory, 'data');
    return { PATH: process.env['PATH'], PORT: String(port), DATA_DIR: data, LOG_LEVEL: 'debug' };
  }

  /** Starts a tracker with these descriptors. @returns what it ends with */
  function start(stdio: StdioOptions): { pid: number; exit: Promise<unknown[]> } {
    const child = spawn(process.execPath, [entry], { stdio, env: environment() });
    const { pid } = child;
    if (pid === undefined) throw new Error('the tracker did not start');
    cleanUp.push(() => child.kill('SIGKILL'));
    return { pid, exit: once(child, 'exit') };
  }

  async function expectAnswers(): Promise<void> {
    await eventually('an answer', 20_000, async () => {
      // Before it listens, nobody does.
      const reply = await exchange(port, ANNOUNCE).catch(() => '');
      return reply.includes('8:interval');
    });
  }

  /** A descriptor of this process, closed after the test. */
  function opened(path: string, flags: number | string): number {
    const descriptor = openSync(path, flags);
    cleanUp.push(() => {
      closeSync(descriptor);
    });
    return descriptor;
  }

  /** The end to write to of a pipe that is full, as nobody reads it. */
  function fullPipe(): number {
    const path = join(directory, 'pipe');
    expect(spawnSync('mkfifo', [path]).status).to.equal(0);
    const both = opened(path, constants.O_RDWR | constants.O_NONBLOCK);
    const chunk = Buffer.alloc(4096, 'x');
    try {
      for (;;) writeSync(both, chunk);
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).to.equal('EAGAIN');
    }
    return opened(path, 'w');
  }

  const cases: [what: string, descriptors: () => StdioOptions][] = [
    ['standard error is a full disk', () => ['ignore', 'ignore', opened('/dev/full', 'w')]],
    ['standard output is a full disk', () => ['ignore', opened('/dev/full', 'w'), 'ignore']],
    [
      'standard output and standard error are a pipe that nobody reads',
      () => {
        const write = fullPipe();
        return ['ignore', write, write];
      },
    ],
    ['they are sockets that nobody reads', () => ['ignore', 'pipe', 'pipe']],
  ];
  for (const [what, descriptors] of cases) {
    it(`ends and stops nothing: ${what}`, async () => {
      const { pid, exit } = start(descriptors());
      await expectAnswers();
      process.kill(pid, 'SIGTERM');
      expect(await exit).to.deep.equal([0, null]);
    }).timeout(TIMEOUT_MS);
  }

  it('ends and stops nothing: the reader of both is gone before the first line', async () => {
    const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
    cleanUp.push(() => child.kill('SIGKILL'));
    const exit = once(child, 'exit');
    child.stdout.destroy();
    child.stderr.destroy();
    await expectAnswers();
    child.kill('SIGTERM');
    expect(await exit).to.deep.equal([0, null]);
  }).timeout(TIMEOUT_MS);

  it('ends and stops nothing when a second line fails after the first was read', async () => {
    const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
    cleanUp.push(() => child.kill('SIGKILL'));
    const exit = once(child, 'exit');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    child.stderr.destroy();
    await expectAnswers();
    child.kill('SIGTERM');
    expect(await exit).to.deep.equal([0, null]);
  }).timeout(TIMEOUT_MS);

  describeWith([pseudoTerminals], 'because the terminal is gone', () => {
    it('ends and stops nothing, and the status at the end is 0', async () => {
      const status = join(directory, 'status');
      // The shell outlives its terminal, to tell of the tracker's end.
      const command = `trap '' HUP; "$NODE" "$ENTRY" & echo $! > "$PID"; wait $!; echo $? > "$STATUS"`;
      const pidFile = join(directory, 'pid');
      const env = { ...environment(), NODE: process.execPath, ENTRY: entry, PID: pidFile, STATUS: status };
      const terminal = spawn('script', ['-qc', command, '/dev/null'], {
        stdio: ['pipe', 'ignore', 'ignore'],
        env,
      });
      cleanUp.push(() => terminal.kill('SIGKILL'));
      await expectAnswers();
      const pid = Number(await readFile(pidFile, 'utf8'));
      const gone = once(terminal, 'exit');
      terminal.kill('SIGKILL');
      await gone;
      await expectAnswers();
      process.kill(pid, 'SIGTERM');
      const text = await eventually('the status', 8000, () =>
        readFile(status, 'utf8').catch(() => undefined),
      );
      expect(text).to.equal('0\n');
    }).timeout(TIMEOUT_MS);
  });
});
