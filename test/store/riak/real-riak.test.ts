import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { startRiakDouble } from '../../riak-double/double.js';
import { BUCKET, COUNT_TYPE, SWARM_TYPE, trackerTypes } from '../../riak-double/tracker-types.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');

describe('npm run test:riak', function () {
  this.timeout(180_000);

  it('passes whole, in buckets of its own, and leaves no shard there', async () => {
    const double = await startRiakDouble({ nodes: 3, types: trackerTypes });
    /** As `type/bucket`, the bucket in hex. */
    const buckets = new Set<string>();
    double.cluster.onWrite = (id) => {
      buckets.add(id.split('/', 2).join('/'));
    };
    try {
      const script = [mocha, '--timeout', '60000', 'test/store/riak/real-riak.ts'];
      const env = { ...process.env, RIAK_NODES: double.addresses };
      const { stdout } = await run(process.execPath, script, { cwd: root, env });
      expect(stdout)
        .to.match(/\d+ passing/)
        .and.not.match(/failing|pending/);
    } finally {
      await double.close();
    }
    const of = (type: string): string[] =>
      [...buckets].filter((name) => name.startsWith(`${type}/`)).map((name) => name.slice(type.length + 1));
    const [bucket = '', ...others] = of(SWARM_TYPE).map((name) => Buffer.from(name, 'hex').toString());
    expect(others).to.deep.equal([]);
    expect(of(COUNT_TYPE)).to.deep.equal(of(SWARM_TYPE));
    expect(bucket).to.not.equal(BUCKET);
    const left = double
      .keys(SWARM_TYPE, bucket)
      .filter((key) => double.held(SWARM_TYPE, bucket, key).some(({ tombstone }) => !tombstone));
    expect(left).to.deep.equal([]);
  });
});
