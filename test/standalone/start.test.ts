import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { eventually } from '../support/eventually.js';
import { exchange, openConnection } from '../support/raw-http.js';
import { startProgram, type RunningProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { buildFirst, entry, root } from './support/entry.js';

/**
 * Ends every process of a group, and tells whether there were any. @param group its number,
 * negative
 */
function endGroup(group: number): 'ended' | 'none left' {
  try {
    process.kill(group, 'SIGKILL');
    return 'ended';
  } catch {
    return 'none left';
  }
}

describe('npm start', function () {
  let directory = '';
  const programs: RunningProgram[] = [];
  /** Of the npm that a test started; undefined if it started none. */
  let group: number | undefined;

  buildFirst();

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(async () => {
    if (group !== undefined) endGroup(group);
    group = undefined;
    await Promise.all(programs.splice(0).map((program) => program.kill9()));
    await removeTempDir(directory);
  });

  async function start(
    settings: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<RunningProgram> {
    const program = await startProgram(process.execPath, [entry, ...args], {
      cwd: directory,
      env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: join(directory, 'data'), ...settings },
    });
    programs.push(program);
    return program;
  }

  /** The port in the announce URL that the program prints. */
  function portOf(program: RunningProgram): Promise<number> {
    return eventually(
      'an announce URL',
      8000,
      () => {
        if (program.exit !== undefined) throw new Error(`it ended\n${program.describe()}`);
        const port = /http:\/\/localhost:(\d+)\/announce/.exec(program.stdout)?.[1];
        return port === undefined ? undefined : Number(port);
      },
      () => program.describe(),
    );
  }

  it('prints the announce URL, answers there, and logs nothing', async () => {
    const program = await start();
    const port = await portOf(program);
    const reply = await exchange(port, 'GET /health HTTP/1.0\r\n\r\n');
    expect(reply).to.match(/^HTTP\/1\.1 200 OK\r\n/);
    expect(program.stderr).to.equal('');
  });

  it('says with --help how it is used and where its settings are listed, and ends', async () => {
    const program = await start({}, ['--help']);
    expect((await program.ended).status).to.equal(0);
    expect(program.stdout)
      .to.match(/^Usage: tracker start /)
      .and.to.contain('tracker settings --help');
  });

  it('ends with status 2 for an argument that it does not know', async () => {
    const program = await start({}, ['--port=1']);
    expect((await program.ended).status).to.equal(2);
    expect(program.stderr).to.match(/^error: unknown option '--port=1'\n/);
  });

  for (const [name, value] of Object.entries({ PORT: 'abc', STORE: 'redis', ANNOUNCE_INTERVAL: '-5' })) {
    it(`ends with status 2 for ${name}=${value}, and says in a line what it takes`, async () => {
      const program = await start({ [name]: value });
      expect((await program.ended).status).to.equal(2);
      expect(program.stderr).to.match(new RegExp(`^${name}: got "${value}", takes [^\\n]*\\n$`));
      expect(program.stdout).to.equal('');
    });
  }

  it('says that Riak cannot be reached, with the reason, and not that it is ready', async () => {
    const program = await start({ STORE: 'riak', RIAK_NODES: '127.0.0.1:9' });
    await portOf(program);
    expect(program.stdout).to.match(
      /^The tracker cannot answer yet, and keeps trying: [^\n]*ECONNREFUSED 127\.0\.0\.1:9\n/,
    );
    expect(program.stdout).to.not.contain('ready');
  });

  it('ends with status 1 when the port is in use, and says so in a line', async () => {
    const port = await portOf(await start());
    const second = await start({ PORT: String(port), DATA_DIR: join(directory, 'other') });
    expect((await second.ended).status).to.equal(1);
    expect(second.stderr).to.match(new RegExp(`^port ${port} is in use [^\\n]*\\n$`));
  });

  it('ends with status 1 when the data directory cannot be used, and says so in a line', async () => {
    const file = join(directory, 'file');
    await writeFile(file, 'not a directory');
    const program = await start({ DATA_DIR: file });
    expect((await program.ended).status).to.equal(1);
    expect(program.stderr).to.match(/^cannot use the data directory [^\n]*\n$/);
    expect(program.stderr).to.contain(file);
  });

  it('announces, and ends with status 0, if Node has one thread for files', async () => {
    const program = await start({ UV_THREADPOOL_SIZE: '1' });
    const port = await portOf(program);
    const query = `info_hash=${'h'.repeat(20)}&peer_id=${'p'.repeat(20)}&port=6881&left=1`;
    expect(await exchange(port, `GET /announce?${query} HTTP/1.0\r\n\r\n`)).to.contain('8:interval');
    process.kill(program.pid, 'SIGTERM');
    expect(await program.ended).to.deep.equal({ status: 0, signal: undefined });
  });

  it('takes fewer connections where the system allows few files, says so in a line, and answers', async () => {
    const command = `ulimit -n 256 && exec "${process.execPath}" "${entry}"`;
    const program = await startProgram('sh', ['-c', command], {
      cwd: directory,
      env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: join(directory, 'data') },
    });
    programs.push(program);
    const port = await portOf(program);
    const query = `info_hash=${'h'.repeat(20)}&peer_id=${'p'.repeat(20)}&port=6881&left=1`;
    expect(await exchange(port, `GET /announce?${query} HTTP/1.0\r\n\r\n`)).to.contain('8:interval');
    expect(JSON.parse(program.stderr)).to.include({
      event: 'too few open files',
      allowed: 256,
      connections: 128,
    });
    expect(program.stderr).to.contain('ulimit -n');
  });

  it('says that RIAK_NODES has the HTTP port, where that was given', async () => {
    const http = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const program = await start({ STORE: 'riak', RIAK_NODES: `127.0.0.1:${port}` });
    await portOf(program);
    http.close().closeAllConnections();
    expect(program.stdout.split('\n')[0]).to.match(/cannot answer yet[^\n]*HTTP/);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with status 0 at ${signal}, though connections are idle and half requests wait`, async () => {
      const program = await start();
      const port = await portOf(program);
      const idle = await openConnection(port);
      const half = await openConnection(port);
      half.write('GET /announce HTTP/1.1\r\nHo');
      const startMs = performance.now();
      process.kill(program.pid, signal);
      expect(await program.ended).to.deep.equal({ status: 0, signal: undefined });
      expect(performance.now() - startMs).to.be.below(5000);
      idle.destroy();
      half.destroy();
    });
  }

  it('becomes the process that npm started: a SIGTERM to npm ends it, and nothing is left behind', async () => {
    // A process group of its own, so that the test can end whatever is left of it.
    const npm = spawn('npm', ['start', '--silent'], {
      cwd: root,
      detached: true,
      env: { PATH: process.env['PATH'], HOME: directory, PORT: '0', DATA_DIR: join(directory, 'data') },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(npm, 'spawn');
    if (npm.pid === undefined) throw new Error('npm did not start');
    group = -npm.pid;
    await once(npm.stdout, 'data');
    npm.kill('SIGTERM');
    // The output ends when the last process that holds it has.
    await Promise.all([once(npm, 'exit'), once(npm.stdout.resume(), 'end')]);
    expect(endGroup(group)).to.equal('none left');
  });

  it('does not take a signal that arrives twice at once, as npm makes of a Ctrl-C, for two', async () => {
    const program = await start();
    await portOf(program);
    process.kill(program.pid, 'SIGINT');
    process.kill(program.pid, 'SIGINT');
    expect((await program.ended).status).to.equal(0);
  });
});
