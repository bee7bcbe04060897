import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import type { Finding } from '../../../../lib/finding.js';
import { findingsAt, leftBehind, runDoctor } from '../../../doctor/run-doctor.js';
import { makeCertificate } from '../../../nginx/support/certificate.js';
import type { BucketType } from '../../../riak-double/bucket-types.js';
import { startRiakDouble, type RiakDouble, type RiakDoubleOptions } from '../../../riak-double/double.js';
import type { FaultRule } from '../../../riak-double/faults.js';
import { Code } from '../../../riak-double/messages.js';
import type { SecurityOptions } from '../../../riak-double/security.js';
import { COUNT_TYPE, SWARM_TYPE, trackerTypes } from '../../../riak-double/tracker-types.js';
import { freePort } from '../../../support/free-port.js';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.js';
import { giveTwoAddresses } from '../../../support/two-addresses.js';

const create = 'deploy/riak/create-bucket-types.sh';
const siblings: BucketType = { allowMult: true, dvvEnabled: true, nVal: 3 };

describe('The doctor, of a Riak cluster', function () {
  this.timeout(20_000);

  let double: RiakDouble;

  async function start(options: RiakDoubleOptions = {}): Promise<void> {
    double = await startRiakDouble({ nodes: 3, types: trackerTypes, ...options });
  }

  afterEach(async () => {
    await double.close();
    expect(leftBehind(double)).to.deep.equal([]);
  });

  /** All that is not well; the status says the same. */
  async function complaints(settings: Readonly<Record<string, string>> = {}): Promise<Finding[]> {
    const { status, findings } = await findingsAt(double.addresses, settings);
    expect(status).to.equal(findings.some(({ verdict }) => verdict === 'wrong') ? 1 : 0);
    return findings.filter(({ verdict }) => verdict !== 'ok');
  }

  /** The only complaint. */
  async function complaint(settings: Readonly<Record<string, string>> = {}): Promise<Finding> {
    const all = await complaints(settings);
    const [finding] = all;
    if (finding === undefined || all.length > 1) throw new Error(`not one complaint: ${JSON.stringify(all)}`);
    return finding;
  }

  function inject(rule: FaultRule): void {
    for (const node of double.nodes) node.faults.inject(rule);
  }

  it('finds nothing wrong with a healthy one, and tells everything it has looked at, a line each', async () => {
    await start();
    const { status, output } = await runDoctor({ STORE: 'riak', RIAK_NODES: double.addresses });
    expect(status).to.equal(0);
    const lines = output.replaceAll(/\d+ ms/g, 'N ms').replaceAll(/:\d{4,}/g, ':PORT');
    expect(lines.split('\n')).to.deep.equal([
      'ok      node 127.0.0.1:PORT: is node1@127.0.0.1, answered in N ms',
      'ok      node 127.0.0.1:PORT: is node2@127.0.0.1, answered in N ms',
      'ok      node 127.0.0.1:PORT: is node3@127.0.0.1, answered in N ms',
      'ok      bucket type swarms: keeps concurrent announces as siblings',
      'ok      copies in bucket type swarms: n_val is 3',
      'ok      a write to swarms/tracker: took N ms',
      'ok      a read from swarms/tracker: has what was written',
      'ok      concurrent writes to swarms/tracker: are both kept',
      'ok      a page of keys of swarms/tracker: took N ms',
      'ok      bucket type counts: has counters',
      'ok      copies in bucket type counts: n_val is 3',
      'ok      a count in counts/tracker: counts',
      '12 ok, 0 warnings, 0 wrong',
      '',
    ]);
  });

  it('names a node that is down, and looks at the rest through the others', async () => {
    await start();
    await double.nodes[1]?.stop();
    const finding = await complaint();
    expect(finding.subject).to.equal(`node 127.0.0.1:${double.nodes[1]?.port}`);
    expect(finding.detail).to.include('ECONNREFUSED');
    expect(finding.remedy).to.include('riak start');
  });

  it('says of a node with two addresses why neither can be reached', async () => {
    await start();
    const names = giveTwoAddresses('riak-1.test');
    try {
      const { findings } = await findingsAt(`riak-1.test:${await freePort()}`);
      expect(findings.map(({ detail }) => detail).join()).to.include('connect ECONNREFUSED 127.0.0.1:');
      expect(findings.map(({ remedy }) => remedy).join()).to.include('riak start on riak-1.test');
    } finally {
      names.restore();
    }
  });

  it('names a node that accepts and never answers', async () => {
    await start();
    double.nodes[2]?.pause();
    const [finding, ...others] = await complaints();
    expect(finding?.subject).to.equal(`node 127.0.0.1:${double.nodes[2]?.port}`);
    expect(finding?.remedy).to.include('riak ping');
    // A query that every node takes part in waits for it.
    expect(others.map(({ subject }) => subject)).to.deep.equal(['a page of keys of swarms/tracker']);
    double.nodes[2]?.resume();
  });

  describe('with Riak security', () => {
    let directory: string;

    before(async () => {
      directory = await makeTempDir();
    });
    after(() => removeTempDir(directory));

    /** Starts a cluster that knows the user `tracker` by the password `right`. */
    async function startSecure(options: Partial<SecurityOptions> = {}): Promise<Record<string, string>> {
      const { certificate, key } = makeCertificate(directory, '127.0.0.1');
      const cert = readFileSync(certificate, 'utf8');
      const security = { key: readFileSync(key, 'utf8'), cert, users: { tracker: 'right' }, ...options };
      await start({ nodes: 1, security });
      return { RIAK_USER: 'tracker', RIAK_PASSWORD: 'wrong', RIAK_CA: cert, RIAK_VERIFY: 'off' };
    }

    it('names a wrong password, also when Riak takes longer to say so than a call may take', async () => {
      const settings = await startSecure({ rejectionDelayMs: 1500 });
      const finding = await complaint(settings);
      expect(finding.detail).to.include('Authentication failed');
      expect(finding.remedy).to.include('RIAK_USER and RIAK_PASSWORD').and.include('check_crl');
    });

    it('names a node without a certificate, which just closes', async () => {
      const settings = await startSecure({ hasCertificate: false });
      const finding = await complaint(settings);
      expect(finding.remedy).to.include('ssl.certfile').and.include('ssl.cacertfile');
    });
  });

  it('says only which nodes cannot be reached if none can', async () => {
    await start();
    const nowhere = `127.0.0.1:${await freePort()}`;
    const { status, findings } = await findingsAt(nowhere);
    expect(status).to.equal(1);
    expect(findings.map(({ subject }) => subject)).to.deep.equal([`node ${nowhere}`]);
  });

  it('misses bucket types, and tries out nothing with them', async () => {
    await start({ types: {} });
    const all = await complaints();
    expect(all).to.deep.equal([
      wrong(`bucket type ${SWARM_TYPE}`, 'is not there, or not active', create),
      wrong(`bucket type ${COUNT_TYPE}`, 'is not there, or not active', create),
    ]);
    expect(double.operations.count(Code.putRequest, Code.dataTypeUpdateRequest)).to.equal(0);
  });

  it('takes the names of types and buckets from the settings', async () => {
    await start();
    expect(
      await complaints({ RIAK_SWARM_BUCKET_TYPE: 'siblings', RIAK_COUNT_BUCKET_TYPE: 'counters' }),
    ).to.deep.equal([]);
  });

  it('sees by its properties and by its behaviour that a type loses concurrent writes', async () => {
    await start({ types: { ...trackerTypes, [SWARM_TYPE]: { ...siblings, allowMult: false } } });
    const all = await complaints();
    expect(all.map(({ subject }) => subject)).to.deep.equal([
      `bucket type ${SWARM_TYPE}`,
      `concurrent writes to ${SWARM_TYPE}/tracker`,
    ]);
    for (const { remedy } of all)
      expect(remedy).to.include('bucket-type update swarms').and.include('"allow_mult":true');
  });

  it('sees by behaviour alone that a type has no dvv', async () => {
    await start({ types: { ...trackerTypes, [SWARM_TYPE]: { ...siblings, dvvEnabled: false } } });
    expect(await complaint()).to.deep.equal(
      wrong(
        `concurrent writes to ${SWARM_TYPE}/tracker`,
        'what was replaced stays, so that objects grow',
        `riak admin bucket-type update swarms '{"props":{"dvv_enabled":true}}'`,
      ),
    );
  });

  it('sees that the types were mixed up', async () => {
    await start();
    const all = await complaints({ RIAK_SWARM_BUCKET_TYPE: COUNT_TYPE, RIAK_COUNT_BUCKET_TYPE: SWARM_TYPE });
    const details = all.map(({ subject, detail }) => `${subject}: ${detail}`);
    expect(details).to.include('bucket type counts: is for the data type counter');
    expect(details).to.include('bucket type swarms: is for plain objects');
  });

  it('warns of a cluster that keeps one copy only', async () => {
    await start({ types: { ...trackerTypes, [SWARM_TYPE]: { ...siblings, nVal: 1 } } });
    const finding = await complaint();
    expect([finding.verdict, finding.subject]).to.deep.equal([
      'warning',
      `copies in bucket type ${SWARM_TYPE}`,
    ]);
  });

  it('sees that the backend has no secondary indexes', async () => {
    await start({ secondaryIndexes: false });
    const finding = await complaint();
    expect(finding.subject).to.equal('a page of keys of swarms/tracker');
    expect(finding.remedy).to.include('storage_backend = leveled');
  });

  it('says which grants are missing', async () => {
    await start();
    const denied = "Permission denied: User 'tracker' does not have 'riak_kv.put' on swarms/tracker";
    inject({ fault: { kind: 'error', message: denied }, codes: [Code.putRequest] });
    const finding = await complaint();
    expect(finding.detail).to.equal(denied);
    expect(finding.remedy).to.include(
      'security grant riak_kv.get,riak_kv.put,riak_kv.delete,riak_kv.index on swarms tracker',
    );
  });

  it('tries the type out if only looking at its properties is not allowed', async () => {
    await start();
    const denied = "Permission denied: User 'tracker' does not have 'riak_core.get_bucket_type' on swarms";
    inject({ fault: { kind: 'error', message: denied }, codes: [Code.typePropertiesRequest] });
    const all = await complaints();
    expect(all.map(({ verdict }) => verdict)).to.deep.equal(['warning', 'warning']);
    expect(double.operations.count(Code.putRequest)).to.be.above(0);
  });

  it('waits for a replica that has missed the write', async () => {
    await start();
    inject({ fault: { kind: 'stale-read' }, codes: [Code.getRequest], times: 3 });
    expect(await complaints()).to.deep.equal([]);
  });

  for (const [what, code, subject] of [
    ['writes', Code.putRequest, 'a write to swarms/tracker'],
    ['reads', Code.getRequest, 'a read from swarms/tracker'],
    ['keys', Code.indexRequest, 'a page of keys of swarms/tracker'],
    ['counts', Code.dataTypeUpdateRequest, 'a count in counts/tracker'],
  ] as const) {
    it(`says what Riak says when ${what} fail`, async () => {
      await start();
      // At each node once: the call and its repeat fail, what cleans up afterwards gets through.
      inject({
        fault: { kind: 'error', message: '{insufficient_vnodes,0,need,1}' },
        codes: [code],
        times: 1,
      });
      const finding = await complaint();
      expect(finding.subject).to.equal(subject);
      expect(finding.detail).to.equal('{insufficient_vnodes,0,need,1}');
      expect(finding.remedy).to.include('member-status');
    });
  }
});

function wrong(subject: string, detail: string, remedy: string): Finding {
  return { verdict: 'wrong', subject, detail, remedy };
}
