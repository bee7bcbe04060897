import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { riakSettings } from '../../../lib/store/riak/settings.js';
import { startProgram } from '../../support/running-program.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

const script = fileURLToPath(new URL('../../../deploy/riak/create-bucket-types.sh', import.meta.url));
const fake = fileURLToPath(new URL('fake-riak-admin.mjs', import.meta.url));

interface FakeCluster {
  types: Record<string, { props: object; active: boolean; notReadyFor?: number }>;
  calls?: string[];
  newTypesNotReadyFor?: number;
  down?: boolean;
}

const swarmProps = { allow_mult: true, dvv_enabled: true };
const countProps = { datatype: 'counter' };

describe('deploy/riak/create-bucket-types.sh', function () {
  this.timeout(20_000);

  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await makeTempDir();
    file = join(directory, 'cluster.json');
  });
  afterEach(() => removeTempDir(directory));

  /** Runs the script on a cluster; `after` is what became of it. */
  async function run(cluster: FakeCluster, settings: Readonly<Record<string, string>> = {}) {
    await writeFile(file, JSON.stringify(cluster));
    const program = await startProgram(script, [], {
      env: { PATH: process.env['PATH'], FAKE_RIAK: file, RIAK_ADMIN: fake, ...settings },
    });
    const { status } = await program.ended;
    const after = JSON.parse(await readFile(file, 'utf8')) as FakeCluster;
    return { status, output: program.stdout, errors: program.stderr, after };
  }

  const changes = ({ calls = [] }: FakeCluster): string[] =>
    calls.filter((call) => !call.startsWith('bucket-type status'));

  it('creates and activates the types that the tracker uses by default', async () => {
    const { status, errors, after } = await run({ types: {} });
    expect([status, errors]).to.deep.equal([0, '']);
    expect(after.types).to.deep.equal({
      [valueOf('riakSwarmBucketType')]: { props: swarmProps, active: true, notReadyFor: 0 },
      [valueOf('riakCountBucketType')]: { props: countProps, active: true, notReadyFor: 0 },
    });
  });

  it('changes nothing when run again', async () => {
    const first = await run({ types: {} });
    const again = await run({ types: first.after.types });
    expect(again.status).to.equal(0);
    expect(changes(again.after)).to.deep.equal([]);
    expect(again.output).to.equal('swarms: is there and active\ncounts: is there and active\n');
  });

  it('takes names, copies and backends from the environment', async () => {
    const { status, after } = await run(
      { types: {} },
      {
        RIAK_SWARM_BUCKET_TYPE: 'peers',
        RIAK_COUNT_BUCKET_TYPE: 'downloads',
        RIAK_N_VAL: '2',
        RIAK_SWARM_BACKEND: 'expiring',
        RIAK_COUNT_BACKEND: 'lasting',
      },
    );
    expect(status).to.equal(0);
    expect(after.types['peers']?.props).to.deep.equal({ ...swarmProps, n_val: 2, backend: 'expiring' });
    expect(after.types['downloads']?.props).to.deep.equal({ ...countProps, n_val: 2, backend: 'lasting' });
  });

  it('calls riak admin with several words, as in a container', async () => {
    const { status } = await run({ types: {} }, { RIAK_ADMIN: `env ANY=thing ${fake}` });
    expect(status).to.equal(0);
  });

  it('finishes what was begun: a type that was created and never activated, even with other properties', async () => {
    const begun = { props: { allow_mult: false }, active: false };
    const { status, after } = await run({ types: { swarms: begun } });
    expect(status).to.equal(0);
    expect(after.types['swarms']).to.deep.include({ props: swarmProps, active: true });
  });

  it('waits until all nodes know of a new type', async () => {
    const { status, after } = await run({ types: {}, newTypesNotReadyFor: 1 });
    expect(status).to.equal(0);
    expect(after.types['counts']?.active).to.equal(true);
  });

  it('gives up on that in time and says what to do', async () => {
    const { status, errors } = await run({ types: {}, newTypesNotReadyFor: 99 }, { RIAK_READY_SECONDS: '1' });
    expect(status).to.equal(1);
    expect(errors).to.include('swarms: not all nodes know of it after 1 s').and.include('ringready');
  });

  it('says how to mend an active type that lacks a property', async () => {
    const types = { swarms: { props: { dvv_enabled: false }, active: true } };
    const { status, errors, after } = await run({ types });
    expect(status).to.equal(1);
    expect(errors).to.include('swarms: has not dvv_enabled: true');
    expect(errors).to.include(`bucket-type update swarms '{"props":{"dvv_enabled":true}}'`);
    // The other one is made all the same.
    expect(after.types['counts']?.active).to.equal(true);
  });

  it('says that a type of another kind cannot be mended', async () => {
    const { status, errors } = await run({ types: { counts: { props: {}, active: true } } });
    expect(status).to.equal(1);
    expect(errors).to.include('counts: has not datatype: counter').and.include('a new type');
  });

  it('passes on why Riak refuses a type', async () => {
    const { status, errors } = await run({ types: {} }, { RIAK_N_VAL: '9' });
    expect(status).to.equal(1);
    expect(errors).to.include('swarms: could not be created').and.include('n_val must be an integer');
  });

  it('changes nothing and says what it heard if Riak is down or is not there', async () => {
    const down = await run({ types: {}, down: true });
    expect(down.status).to.equal(1);
    expect(down.errors).to.include('did not answer as Riak does').and.include('did not respond to ping');
    const absent = await run({ types: {} }, { RIAK_ADMIN: join(directory, 'none') });
    expect(absent.status).to.equal(1);
    expect(changes(absent.after)).to.deep.equal([]);
  });

  for (const [name, value] of [
    ['RIAK_SWARM_BUCKET_TYPE', 'a"b'],
    ['RIAK_SWARM_BUCKET_TYPE', 'counts'],
    ['RIAK_N_VAL', 'many'],
    ['RIAK_READY_SECONDS', 'soon'],
  ] as const) {
    it(`refuses ${name}=${value} and calls nothing`, async () => {
      const { status, errors, after } = await run({ types: {} }, { [name]: value });
      expect(status).to.equal(2);
      expect(errors).to.include(value);
      expect(after.calls).to.equal(undefined);
    });
  }
});

/** The default of one of the tracker's settings. */
function valueOf(field: 'riakSwarmBucketType' | 'riakCountBucketType'): string {
  const preset = riakSettings[field].default;
  if (!('value' in preset)) throw new Error(`${field} has no fixed default`);
  return preset.value;
}
