import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { expect } from 'chai';
import type { RiakDouble } from './double.js';
import { startRiakDouble } from './double.js';
import type { Frame } from './framing.js';
import { encodeFrame, FrameReader } from './framing.js';
import { authenticateRequest, Code, errorAnswer } from './messages.js';
import type { SecurityOptions } from './security.js';

/** Asks one thing on a socket and waits for one frame. */
async function ask(socket: Socket, code: number, body: Uint8Array = Buffer.alloc(0)): Promise<Frame> {
  const reader = new FrameReader();
  socket.write(encodeFrame(code, body));
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    const [frame] = reader.push(chunk);
    if (frame !== undefined) return frame;
  }
}

function errorText(frame: Frame): string {
  return frame.code === Code.error
    ? (errorAnswer.decode(frame.body).errmsg?.toString() ?? '')
    : `code ${frame.code}`;
}

describe('security of the Riak double', () => {
  const directory = mkdtempSync(join(tmpdir(), 'riak-double-'));
  const file = (name: string) => join(directory, name);
  const pem = (name: string) => readFileSync(file(name), 'utf8');
  const sockets: Socket[] = [];
  let double: RiakDouble;

  function openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'ignore' });
  }

  before(() => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      file('ca.key'),
      '-out',
      file('ca.pem'),
      '-subj',
      '/CN=ca',
      '-days',
      '2',
    );
    for (const name of ['riak', 'tracker']) {
      openssl(
        'req',
        ...key,
        '-keyout',
        file(`${name}.key`),
        '-out',
        file(`${name}.csr`),
        '-subj',
        `/CN=${name}`,
      );
      const ca = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2'];
      openssl('x509', '-req', '-in', file(`${name}.csr`), ...ca, '-out', file(`${name}.pem`));
    }
  });

  after(() => {
    rmSync(directory, { recursive: true });
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await double.close();
  });

  async function start(clientCa?: string, more: Partial<SecurityOptions> = {}): Promise<Socket> {
    const users = { tracker: 'secret' };
    const security = { key: pem('riak.key'), cert: pem('riak.pem'), users, ...more };
    double = await startRiakDouble({
      security: clientCa === undefined ? security : { ...security, clientCa },
    });
    const socket = connect(double.nodes[0]?.port ?? 0, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  async function encrypted(plain: Socket, options: ConnectionOptions = {}): Promise<Socket> {
    expect((await ask(plain, Code.startTls)).code).to.equal(Code.startTls);
    const socket = connectTls({ socket: plain, ca: pem('ca.pem'), servername: 'riak', ...options });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  }

  function user(name: string, password: string): Buffer {
    return authenticateRequest.encode({ user: Buffer.from(name), password: Buffer.from(password) });
  }

  it('serves a user who turned to TLS and gave the password', async () => {
    const socket = await encrypted(await start());
    expect((await ask(socket, Code.authenticateRequest, user('tracker', 'secret'))).code).to.equal(
      Code.authenticateAnswer,
    );
    expect((await ask(socket, Code.pingRequest)).code).to.equal(Code.pingAnswer);
  });

  it('refuses everything before TLS and before the password', async () => {
    const plain = await start();
    expect(errorText(await ask(plain, Code.pingRequest))).to.equal(
      'Security is enabled, please STARTTLS first',
    );
    const socket = await encrypted(plain);
    expect(errorText(await ask(socket, Code.pingRequest))).to.equal(
      'Security is enabled, please authenticate first',
    );
  });

  it('refuses an unknown user and a wrong password', async () => {
    const socket = await encrypted(await start());
    for (const request of [user('tracker', 'wrong'), user('nobody', 'secret')]) {
      expect(errorText(await ask(socket, Code.authenticateRequest, request))).to.equal(
        'Authentication failed',
      );
    }
  });

  it('says that a password is wrong after the time that it is set to (measured: 5 s)', async () => {
    const socket = await encrypted(await start(undefined, { rejectionDelayMs: 300 }));
    const began = performance.now();
    const answer = await ask(socket, Code.authenticateRequest, user('tracker', 'wrong'));
    expect(errorText(answer)).to.equal('Authentication failed');
    expect(performance.now() - began).to.be.above(290);
  });

  it('takes its time for a password, and none for a client certificate (measured: 0.35 s)', async () => {
    const slow = { passwordCheckMs: 300 };
    const checked = await encrypted(await start(undefined, slow));
    const began = performance.now();
    await ask(checked, Code.authenticateRequest, user('tracker', 'secret'));
    const withPassword = performance.now() - began;
    await double.close();
    const certificate = { cert: pem('tracker.pem'), key: pem('tracker.key') };
    const shown = await encrypted(await start(pem('ca.pem'), slow), certificate);
    const begun = performance.now();
    const answer = await ask(shown, Code.authenticateRequest, user('tracker', 'secret'));
    expect(answer.code).to.equal(Code.authenticateAnswer);
    expect(withPassword).to.be.above(290);
    expect(performance.now() - begun).to.be.below(withPassword);
  });

  it('just closes, without a word, where it has no certificate (measured)', async () => {
    const socket = await start(undefined, { hasCertificate: false });
    const said: number[] = [];
    socket.on('data', (chunk: Buffer) => said.push(...chunk));
    socket.write(encodeFrame(Code.startTls, Buffer.alloc(0)));
    await once(socket, 'close');
    expect(said).to.deep.equal([]);
  });

  it('asks for a certificate of its authority if it is set so', async () => {
    const without = await encrypted(await start(pem('ca.pem')));
    expect(errorText(await ask(without, Code.authenticateRequest, user('tracker', 'secret')))).to.equal(
      'Authentication failed',
    );
    await double.close();
    const withOne = await encrypted(await start(pem('ca.pem')), {
      key: pem('tracker.key'),
      cert: pem('tracker.pem'),
    });
    expect((await ask(withOne, Code.authenticateRequest, user('tracker', 'secret'))).code).to.equal(
      Code.authenticateAnswer,
    );
  });

  it('does not start TLS where security is off', async () => {
    double = await startRiakDouble();
    const socket = connect(double.nodes[0]?.port ?? 0, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    expect(errorText(await ask(socket, Code.startTls))).to.equal(
      'Security not enabled; STARTTLS not allowed.',
    );
  });
});
