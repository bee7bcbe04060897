import { rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import { AdminError, askTracker } from '../../../lib/admin/client.js';
import { AdminProtocolError, MAX_LINE_BYTES } from '../../../lib/admin/protocol.js';
import { AdminServer, type AdminCommand } from '../../../lib/standalone/admin/server.js';
import { eventually } from '../../support/eventually.js';
import { RecordingLog } from '../../support/recording-log.js';
import { rejectionOf } from '../../support/rejection.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

describe('the admin socket', () => {
  let directory: string;
  let path: string;
  let server: AdminServer;
  let log: RecordingLog;
  const sockets: Socket[] = [];

  const commands = new Map<string, AdminCommand>([
    ['echo', (parameters) => Promise.resolve(parameters)],
    ['nothing', () => Promise.resolve(undefined)],
    ['fail', () => Promise.reject(new Error('it failed', { cause: new Error('the disk said no') }))],
    [
      'wait',
      (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            resolve('stopped');
          });
        }),
    ],
    ['slow', () => delay(300, 'slow')],
  ]);

  beforeEach(async () => {
    directory = await makeTempDir();
    path = join(directory, 'admin.sock');
    log = new RecordingLog();
    server = new AdminServer(commands, log);
    await server.listen(path);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
    await removeTempDir(directory);
  });

  /** Sends something and gives all that comes until the other side ends. */
  async function exchange(text: string): Promise<string> {
    const socket = connect(path);
    sockets.push(socket);
    let answer = '';
    socket.on('data', (data) => (answer += String(data)));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.end(text);
    await ended;
    return answer;
  }

  it('gives a command its parameters, and its result to who asked', async () => {
    const parameters = { list: ['ä', '\n'], number: 1.5 };
    expect(await askTracker(path, 'echo', parameters)).to.deep.equal({ result: parameters });
    expect(await askTracker(path, 'nothing')).to.deep.equal({ result: null });
    expect(log.lines).to.deep.include({ level: 'info', event: 'admin command', fields: { command: 'echo' } });
  });

  it('says why a command failed, with the cause, and which it does not know', async () => {
    const failed = await rejectionOf(askTracker(path, 'fail'));
    expect(failed).to.be.instanceOf(AdminError);
    expect(failed).to.have.property('message', 'it failed: the disk said no');
    const unknown = await rejectionOf(askTracker(path, 'fly'));
    expect(unknown).to.have.property('message', 'this tracker knows no command fly');
  });

  it('answers requests on one connection in turn', async () => {
    const line = (command: string): string => `${JSON.stringify({ version: 1, command })}\n`;
    expect(await exchange(line('slow') + line('nothing') + line('fail'))).to.equal(
      '{"version":1,"result":"slow"}\n{"version":1,"result":null}\n' +
        '{"version":1,"error":"it failed: the disk said no"}\n',
    );
  });

  it('answers many at once', async () => {
    const answers = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => askTracker(path, 'echo', { i })));
    expect(answers.map((answer) => answer?.result)).to.deep.equal([0, 1, 2, 3, 4, 5].map((i) => ({ i })));
  });

  it('refuses what it does not understand: another version, no JSON, no command', async () => {
    for (const [line, reason] of [
      ['{"version":2,"command":"echo"}', 'version 2, not 1'],
      ['{"command":"echo"}', 'version undefined, not 1'],
      ['echo', 'no JSON'],
      ['[1]', 'no object'],
      ['null', 'no object'],
      ['{"version":1}', 'names no command'],
      ['{"version":1,"command":"echo","parameters":[]}', 'no object'],
      ['', 'no JSON'],
    ] as const) {
      const reply = JSON.parse(await exchange(`${line}\n`)) as { version: number; error: string };
      expect(reply.version).to.equal(1);
      expect(reply.error, line).to.contain(reason);
    }
    // A command is one of those that are there, and not what objects have.
    expect(await exchange('{"version":1,"command":"constructor"}\n')).to.contain('knows no command');
  });

  it('ends a connection whose line is too long, and serves others', async () => {
    expect(await exchange('x'.repeat(MAX_LINE_BYTES + 2))).to.satisfy(
      (answer: string) => answer === '' || answer.includes('too long'),
    );
    expect(await askTracker(path, 'nothing')).to.deep.equal({ result: null });
  });

  it('takes a bounded number of connections', async () => {
    let ended = 0;
    for (let i = 0; i < 30; i++) {
      const socket = connect(path);
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => ended++);
    }
    await eventually('most are refused', 5000, () => ended >= 22);
    sockets.splice(0).forEach((socket) => socket.destroy());
    await eventually('it answers again', 5000, async () => {
      try {
        return (await askTracker(path, 'nothing')) !== undefined;
      } catch {
        return false;
      }
    });
  });

  it('has what is under way end when the tracker stops, answers it, and leaves no socket', async () => {
    const waiting = askTracker(path, 'wait');
    const idle = connect(path);
    sockets.push(idle);
    await delay(100);
    await server.close();
    expect(await waiting).to.deep.equal({ result: 'stopped' });
    expect(await askTracker(path, 'nothing')).to.equal(undefined);
    expect(await stat(path).catch(() => undefined)).to.equal(undefined);
  });

  it('may be used by its user alone, and takes the place of a socket that was left', async () => {
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    await server.close();
    await writeFile(path, 'left');
    await server.listen(path);
    expect((await stat(path)).isSocket()).to.equal(true);
  });

  it('is done without where none can be made', async () => {
    await server.close();
    await server.listen(join(directory, 'nowhere/admin.sock'));
    expect(log.lines.map(({ level, event }) => `${level} ${event}`)).to.include('warn no admin socket');
  });

  it('has nobody behind it if there is none, or a file, or that of a process that ended', async () => {
    expect(await askTracker(join(directory, 'none'), 'echo')).to.equal(undefined);
    await writeFile(join(directory, 'file'), '');
    expect(await askTracker(join(directory, 'file'), 'echo')).to.equal(undefined);
  });

  it('tells the client when the tracker ended before it had answered, or speaks otherwise', async () => {
    await server.close();
    const answers = ['', '{"version":1}\n', '{"version":3,"result":1}\n'];
    const other = createServer((socket) => socket.once('data', () => socket.end(answers.shift() ?? '')));
    await new Promise<void>((resolve) => {
      other.listen(path, resolve);
    });
    try {
      expect(await rejectionOf(askTracker(path, 'echo'))).to.be.instanceOf(AdminError);
      expect(await rejectionOf(askTracker(path, 'echo'))).to.be.instanceOf(AdminProtocolError);
      expect(await rejectionOf(askTracker(path, 'echo'))).to.be.instanceOf(AdminProtocolError);
    } finally {
      await new Promise((resolve) => other.close(resolve));
      await rm(path, { force: true });
    }
  });
});
