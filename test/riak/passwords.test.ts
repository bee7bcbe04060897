/** What passwords cost that take a node 0.35 s each to check, as Riak's do. */
import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import type { RiakAuth } from '../../lib/store/riak/options.js';
import type { SecurityOptions } from '../riak-double/security.js';
import { makeCertificate } from '../nginx/support/certificate.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { ColdHarness, forEach, type ColdProcess } from './support/cold-processes.js';
import { upTo } from './support/numbered.js';

const clients = 32;
const measuredMs = 2000;

describe('The tracker on three nodes of Riak that check passwords', function () {
  this.timeout(120_000);

  let directory: string;
  let security: SecurityOptions;
  let auth: RiakAuth;
  let harness: ColdHarness;

  before(async () => {
    directory = await makeTempDir();
    const { certificate, key } = makeCertificate(directory, 'riak');
    const cert = readFileSync(certificate, 'utf8');
    security = { key: readFileSync(key, 'utf8'), cert, users: { tracker: 'secret' }, passwordCheckMs: 350 };
    auth = { user: 'tracker', password: 'secret', ca: cert, verify: false };
  });
  after(() => removeTempDir(directory));
  afterEach(() => harness.close());

  /** Announces a second, by clients that each wait for their answer. Rejects if one fails. */
  async function rate(process: ColdProcess, forMs: number): Promise<number> {
    const started = performance.now();
    let announces = 0;
    await forEach(upTo(clients), clients, async (client) => {
      for (let n = 0; performance.now() - started < forMs; n += 1) {
        await process.announce(client * 1000 + (n % 30), 'none', n);
        announces += 1;
      }
    });
    return announces / (forMs / 1000);
  }

  it('serves no less than half of what it serves without them after ten seconds, and fails no announce before', async () => {
    harness = await ColdHarness.start();
    const plain = harness.process();
    await rate(plain, 1000);
    const withoutPasswords = await rate(plain, measuredMs);
    await harness.close();
    harness = await ColdHarness.start({ security });
    const secured = harness.process({ auth });
    await rate(secured, 10_000);
    const withPasswords = await rate(secured, measuredMs);
    expect(withPasswords / withoutPasswords).to.be.above(0.5);
    expect(secured.events).to.deep.equal([]);
  });

  it('answers the first announce of a process that has just started in the time of one call', async () => {
    harness = await ColdHarness.start({ security });
    const began = performance.now();
    await harness.process({ auth, maxConnections: 4 }).announce(1, 'started');
    expect(performance.now() - began).to.be.below(2000);
  });

  it('names a wrong password in the log though Riak takes 5 s to say so, and asks for no other check meanwhile', async () => {
    harness = await ColdHarness.start({ nodes: 1, security: { ...security, rejectionDelayMs: 5000 } });
    const process = harness.process({ auth: { ...auth, password: 'wrong' } });
    const until = performance.now() + 6000;
    while (performance.now() < until) await process.announce(1, 'started').catch(() => undefined);
    const refusals = process.log.lines.filter(({ event }) => event === 'riak refuses the user');
    expect(refusals).to.have.length(1);
    expect(refusals[0]?.fields?.['cause']).to.have.property('message').that.includes('tracker');
    expect(harness.double.operations.count(253)).to.be.at.most(2);
  });
});
