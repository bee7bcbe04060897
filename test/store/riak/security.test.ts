import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { expect } from 'chai';

import { StoreUnavailableError } from '../../../lib/store/errors.js';
import type { RiakAuth, RiakStoreOptions } from '../../../lib/store/riak/options.js';
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import type { Store } from '../../../lib/store/store.js';
import { startRiakDouble, type RiakDouble } from '../../riak-double/double.js';
import { Code } from '../../riak-double/messages.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { rejectionOf } from '../../support/rejection.js';
import { LogLines, optionsFor } from './support.js';

const password = 'a-password-that-nobody-may-see';

describe('the Riak store, with Riak security', () => {
  let directory: string;
  let double: RiakDouble;
  let stores: Store[];
  let log: LogLines;

  const file = (name: string): string => join(directory, name);
  const pem = (name: string): string => readFileSync(file(name), 'utf8');

  /** Makes `<name>.pem` and `<name>.key`, signed by the authority of another name or by itself. */
  function certificate(name: string, extra: readonly string[], authority?: string): void {
    const signer =
      authority === undefined ? [] : ['-CA', file(`${authority}.pem`), '-CAkey', file(`${authority}.key`)];
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      file(`${name}.key`),
    ];
    const request = [
      'req',
      '-x509',
      ...key,
      '-out',
      file(`${name}.pem`),
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
    ];
    execFileSync('openssl', [...request, ...signer, ...extra], { stdio: 'ignore' });
  }

  before(async () => {
    directory = await makeTempDir();
    certificate('ca', []);
    certificate('other-ca', []);
    const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE', '-addext'];
    certificate('node', [...leaf, 'subjectAltName=IP:127.0.0.1'], 'ca');
    certificate('elsewhere', [...leaf, 'subjectAltName=DNS:elsewhere.example'], 'ca');
    certificate('tracker', [...leaf, 'subjectAltName=DNS:tracker'], 'ca');
  });

  after(() => removeTempDir(directory));

  beforeEach(() => {
    stores = [];
    log = new LogLines();
  });

  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await double.close();
  });

  async function start(certificateName = 'node', clientCa?: string): Promise<void> {
    double = await startRiakDouble({
      nodes: 2,
      security: {
        key: pem(`${certificateName}.key`),
        cert: pem(`${certificateName}.pem`),
        users: { tracker: clientCa === undefined ? password : '' },
        ...(clientCa === undefined ? {} : { clientCa }),
      },
    });
  }

  function open(auth: Partial<RiakAuth>, changes: Partial<RiakStoreOptions> = {}): Store {
    const all: RiakAuth = { user: 'tracker', ca: pem('ca.pem'), verify: true, ...auth };
    const store = openRiakStore(
      optionsFor(double.nodes, { callTimeoutMs: 1500, auth: all, log, ...changes }),
    );
    stores.push(store);
    return store;
  }

  /** Also checks that the password is in nothing that was said about it. */
  async function refused(store: Store): Promise<void> {
    const error = await rejectionOf(store.fetch('aa'));
    expect(error).to.be.instanceOf(StoreUnavailableError);
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      expect(`${cause.stack ?? ''} ${inspect(cause, { depth: 6 })}`).to.not.include(password);
    }
    expect(inspect(log.lines, { depth: 6 })).to.not.include(password);
  }

  it('serves a user with a password over TLS', async () => {
    await start();
    const store = open({ password });
    const put = await store.put('aa', Uint8Array.of(1));
    expect((await store.fetch('aa')).values).to.deep.equal([Buffer.of(1)]);
    expect(put.values).to.have.length(1);
    await store.increment('aa', 3);
    expect(await store.count('aa')).to.equal(3);
  });

  it('serves a user with a client certificate', async () => {
    await start('node', pem('ca.pem'));
    const store = open({ cert: pem('tracker.pem'), key: pem('tracker.key') });
    await store.put('aa', Uint8Array.of(1));
    await refused(open({}));
  });

  it('refuses to talk to a node whose certificate is from another authority', async () => {
    await start();
    await refused(open({ password, ca: pem('other-ca.pem') }));
    expect(double.operations.count(Code.authenticateRequest)).to.equal(0);
  });

  it('refuses to talk to a node whose certificate names another host', async () => {
    await start('elsewhere');
    await refused(open({ password }));
  });

  it('accepts any certificate only if told to', async () => {
    await start('elsewhere');
    await open({ password, verify: false }).fetch('aa');
  });

  it('fails with a wrong password, and says so', async () => {
    await start();
    await refused(open({ password: `${password}-not` }));
    expect(log.lines.some(({ event }) => event === 'riak node down')).to.equal(true);
  });

  it('fails if security is on and no user is given, and the other way round', async () => {
    await start();
    const options = optionsFor(double.nodes, { callTimeoutMs: 500, log });
    const plain = openRiakStore(options);
    stores.push(plain);
    await rejectionOf(plain.fetch('aa'));
    await double.close();
    double = await startRiakDouble();
    await refused(open({ password }));
  });

  it('leaves no connection behind of those that were refused', async () => {
    await start();
    const store = open({ password, ca: pem('other-ca.pem') });
    for (let step = 0; step < 5; step += 1) await refused(store);
    await store.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const node of double.nodes) expect(node.connectionCount).to.equal(0);
  });
});
