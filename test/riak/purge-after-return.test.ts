import { expect } from 'chai';

import { runPurge } from '../../lib/purge/run-purge.js';
import { ColdHarness, forEach } from './support/cold-processes.js';
import { infohashOf, upTo } from './support/numbered.js';
import { BUCKET, SWARM_TYPE } from '../riak-double/tracker-types.js';

const lifetimeSeconds = 2700;
/** Every peer that has announced has expired by then. */
const clock = { now: () => Date.now() + 2 * lifetimeSeconds * 1000 };
/** Spread over all infohashes, which a purge lists range by range. */
const swarms = upTo(60).map((number) => number * 0x0400_0000);
const AWAY = 0;

describe('The purge on three nodes of Riak, one of which was away', function () {
  this.timeout(60_000);

  let harness: ColdHarness;

  beforeEach(async () => {
    harness = await ColdHarness.start({ handoffAfterMs: 1e9 });
  });
  afterEach(() => harness.close());

  /** How many shards a purge says that it has removed. */
  async function removed(): Promise<number> {
    const { store, log } = harness.process();
    const components = { store, log, clock, peerLifetimeSeconds: lifetimeSeconds, shardPeers: 192 };
    const report = await runPurge(components, { parallelism: 4 });
    expect(report?.failures).to.equal(0);
    return report?.shardsRemoved ?? 0;
  }

  /** Swarms that still have a value somewhere. */
  function left(): number[] {
    return swarms.filter((swarm) =>
      harness.double
        .held(SWARM_TYPE, BUCKET, infohashOf(swarm).toString('hex'))
        .some(({ tombstone }) => !tombstone),
    );
  }

  const fill = async (): Promise<void> => {
    const process = harness.process();
    await forEach(swarms, 8, (swarm) => process.announce(swarm, 'started', 1));
  };

  it('counts what it removed, once, though the node brings all of it back', async () => {
    await fill();
    await harness.double.nodes[AWAY]?.stop();
    expect(await removed()).to.equal(swarms.length);
    await harness.double.nodes[AWAY]?.start();
    expect(await removed()).to.equal(0);
    expect(left()).to.deep.equal([]);
  });

  it('skips what the node does not list yet, and finds it the next time', async () => {
    await harness.double.nodes[AWAY]?.stop();
    await fill();
    await harness.double.nodes[AWAY]?.start();
    const first = await removed();
    expect(first).to.be.within(1, swarms.length - 1);
    expect(left()).to.have.length(swarms.length - first);
    harness.double.cluster.handOff();
    await Promise.all(swarms.map((swarm) => harness.process().scrape(swarm)));
    expect(await removed()).to.equal(swarms.length - first);
    expect(left()).to.deep.equal([]);
  });
});
