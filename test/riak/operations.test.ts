import { expect } from 'chai';

import { systemClock } from '../../lib/environment.js';
import type { Store } from '../../lib/store/store.js';
import { openRiakStore } from '../../lib/store/riak/riak-store.js';
import { scrapeSwarm } from '../../lib/swarm/sampling/scrape.js';
import { Swarms, type SwarmAnswer, type SwarmRules } from '../../lib/swarm/swarms.js';
import { startRiakDouble, type RiakDouble } from '../riak-double/double.js';
import { Code } from '../riak-double/messages.js';
import { optionsFor } from '../store/riak/support.js';
import { RecordingLog } from '../support/recording-log.js';
import { seededRandom } from '../support/seeded-random.js';
import { announcementOf, infohashOf, upTo } from './support/numbered.js';
import { BUCKET, COUNT_TYPE, SWARM_TYPE, trackerTypes } from '../riak-double/tracker-types.js';

const maxConnections = 8;

describe('Requests to Riak, counted at its sockets', function () {
  this.timeout(60_000);

  let double: RiakDouble;
  let store: Store;
  const log = new RecordingLog();
  const random = seededRandom(3);

  beforeEach(async () => {
    double = await startRiakDouble({ types: trackerTypes });
    store = openRiakStore(
      optionsFor(double.nodes, {
        swarmBucketType: SWARM_TYPE,
        countBucketType: COUNT_TYPE,
        swarmBucket: BUCKET,
        countBucket: BUCKET,
        callTimeoutMs: 5000,
        maxConnections,
      }),
    );
  });

  afterEach(async () => {
    await store.close();
    await double.close();
  });

  /** The swarms as a process sees them that was started just now. */
  function freshProcess(rules: Partial<SwarmRules> = {}): Swarms {
    return new Swarms({
      store,
      clock: systemClock,
      random,
      log,
      rules: {
        peerLifetimeSeconds: 2700,
        unwrittenSeconds: 900,
        shardPeers: 192,
        warmMilliseconds: 60_000,
        warmBytes: 1e9,
        ...rules,
      },
    });
  }

  function announce(swarms: Swarms, peer: number, swarm = 0): Promise<SwarmAnswer> {
    return swarms.announce(announcementOf(peer, swarm), { limit: 50, withIds: false });
  }

  async function fill(swarms: Swarms, peers: number, swarm = 0): Promise<void> {
    for (let from = 0; from < peers; from += 500) {
      await Promise.all(upTo(Math.min(500, peers - from)).map((i) => announce(swarms, from + i, swarm)));
    }
  }

  /** What something asks of Riak: gets, puts, and all there is. */
  async function requestsOf(
    doing: () => Promise<unknown>,
  ): Promise<{ get: number; put: number; all: number }> {
    double.operations.reset();
    await doing();
    const { operations } = double;
    return {
      get: operations.count(Code.getRequest),
      put: operations.count(Code.putRequest),
      all: operations.count(),
    };
  }

  it('are a get and a put for the first announce of a swarm, and for an announce where nothing is remembered', async () => {
    const cold = { get: 1, put: 1, all: 2 };
    expect(await requestsOf(() => announce(freshProcess(), 1))).to.deep.equal(cold);
    expect(await requestsOf(() => announce(freshProcess(), 2))).to.deep.equal(cold);
  });

  it('are exactly one put for an announce where the swarm is remembered', async () => {
    const swarms = freshProcess();
    await announce(swarms, 0);
    const total = await requestsOf(async () => {
      for (let peer = 1; peer <= 50; peer++) await announce(swarms, peer);
    });
    expect(total).to.deep.equal({ get: 0, put: 50, all: 50 });
  });

  it('are at most four for an announce to a large swarm that a process has never seen', async () => {
    await fill(freshProcess({ shardPeers: 32 }), 4000);
    expect(double.keys(SWARM_TYPE, BUCKET).length).to.be.above(100);
    const totals: number[] = [];
    const splitting: number[] = [];
    for (let peer = 5000; peer < 5100; peer++) {
      const { all, put } = await requestsOf(() => announce(freshProcess({ shardPeers: 32 }), peer));
      (put > 1 ? splitting : totals).push(all);
    }
    // Shard 0 tells how deep the swarm is; where the peer's own shard has split more or less often,
    // one read more finds that out.
    expect(totals.filter((total) => total > 4).length, totals.join(' ')).to.be.at.most(10);
    expect(Math.max(...totals), totals.join(' ')).to.be.at.most(5);
    // The rare announce that makes its shard split pays for that: once for every 32 new peers here,
    // for every 192 by default.
    expect(splitting.length, splitting.join(' ')).to.be.at.most(10);
    expect(Math.max(0, ...splitting), splitting.join(' ')).to.be.at.most(10);
  });

  it('are a handful when 200 announces of one swarm come at once', async () => {
    const swarms = freshProcess({ shardPeers: 1000 });
    const all = (from: number) => () => Promise.all(upTo(200).map((peer) => announce(swarms, from + peer)));
    expect(await requestsOf(all(0))).to.deep.equal({ get: 1, put: 1, all: 2 });
    // Remembered: the first goes at once, all others together after it.
    expect(await requestsOf(all(200))).to.deep.equal({ get: 0, put: 2, all: 2 });
  });

  it('are about twenty for each infohash of a scrape of large swarms, over no more connections than are allowed', async () => {
    const swarms = freshProcess({ shardPeers: 16 });
    const hashes = 50;
    for (let swarm = 0; swarm < hashes; swarm++) await fill(swarms, 20 + 8 * swarm, swarm);
    expect(double.keys(SWARM_TYPE, BUCKET).length).to.be.above(hashes * 12);
    const [node] = double.nodes;
    if (node === undefined) throw new Error('a double without nodes');
    node.latency = () => 2;
    let connections = 0;
    const watch = setInterval(() => (connections = Math.max(connections, node.connectionCount)), 1);
    const scrape = (swarm: number): Promise<unknown> =>
      scrapeSwarm({ store, random, log }, infohashOf(swarm), 0);
    const requests = await requestsOf(() => Promise.all(upTo(hashes).map(scrape)));
    clearInterval(watch);
    // Sixteen shards and the download count, and here and there a shard that has not split as the
    // others have.
    expect(requests.all).to.be.at.most(21 * hashes);
    expect(connections).to.be.at.most(maxConnections);
  });
});
