import { expect } from 'chai';

import type { Clock } from '../../lib/environment.js';
import { newPurge, purgeSlice, type PurgeState } from '../../lib/purge/purge.js';
import { openLmdbStore } from '../../lib/store/lmdb/store.js';
import type { Store } from '../../lib/store/store.js';
import { infohashKey } from '../../lib/swarm/shard/placement.js';
import { scrapeSwarm } from '../../lib/swarm/sampling/scrape.js';
import { Swarms } from '../../lib/swarm/swarms.js';
import { openRiakStore } from '../../lib/store/riak/riak-store.js';
import { startRiakDouble } from '../riak-double/double.js';
import { optionsFor } from '../store/riak/support.js';
import { RecordingLog } from '../support/recording-log.js';
import { seededBytes, seededRandom } from '../support/seeded-random.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

const SWARMS = 20_000;
const LIFETIME = 2700;

const log = new RecordingLog();

/** Opens a store, and gives what closes it. */
type Open = () => Promise<{ store: Store; close: () => Promise<void> }>;

const openLmdb: Open = async () => {
  const directory = await makeTempDir();
  const store = await openLmdbStore({ directory, durability: 'commit', log });
  const close = async (): Promise<void> => {
    await store.close();
    await removeTempDir(directory);
  };
  return { store, close };
};

const openRiak: Open = async () => {
  const double = await startRiakDouble({ deleteMode: { afterMs: 0 } });
  const nodes = double.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
  const store = openRiakStore(optionsFor(nodes, { log, callTimeoutMs: 10_000, keysTimeoutMs: 10_000 }));
  const close = async (): Promise<void> => {
    await store.close();
    await double.close();
  };
  return { store, close };
};

for (const [name, open] of [
  ['LMDB', openLmdb],
  ['Riak', openRiak],
] as const) {
  describe(`on ${name}, a purge of 20,000 swarms, half of them expired, while peers announce`, function () {
    this.timeout(180_000);
    purgeTests(open);
  });
}

/** Half of the swarms are announced to before the others, and have expired when the purge begins. */
function purgeTests(open: Open): void {
  const random = seededRandom(6);
  const infohashes = Array.from({ length: SWARMS }, () => seededBytes(random, 20));
  let milliseconds = 1_700_000_000_000;
  const clock: Clock = { now: () => milliseconds };
  const announcedMeanwhile = new Set<string>();
  let store: Store;
  let swarms: Swarms;
  let close: () => Promise<void>;
  let state: PurgeState;

  before(async () => {
    ({ store, close } = await open());
    swarms = new Swarms({
      store,
      clock,
      random,
      log,
      rules: {
        peerLifetimeSeconds: LIFETIME,
        unwrittenSeconds: 720,
        shardPeers: 192,
        warmMilliseconds: 5000,
        warmBytes: 16 * 2 ** 20,
      },
    });
    await announceTo(infohashes.slice(0, SWARMS / 2));
    milliseconds += (LIFETIME - 60) * 1000;
    await announceTo(infohashes.slice(SWARMS / 2));
    milliseconds += 120 * 1000;
  });

  after(() => close());

  it('ends, however often it is interrupted and resumed', async () => {
    const components = { store, log, peerLifetimeSeconds: LIFETIME, shardPeers: 192 };
    state = newPurge(clock.now());
    let slices = 0;
    for (; state.ranges.length > 0 && slices < 100; slices++) {
      // Each slice begins in a process that knows nothing but the state, and has time for some
      // 3,000 looks at its clock.
      const resumed = JSON.parse(JSON.stringify(state)) as PurgeState;
      const slice = purgeSlice({ ...components, clock: impatientClock() }, resumed, {
        parallelism: 8,
        budgetMilliseconds: 3000,
        pageKeys: 50,
      });
      const visitors = Array.from(
        { length: 50 },
        () => infohashes[Math.floor(random() * SWARMS)] ?? Buffer.alloc(20),
      );
      for (const infohash of visitors) announcedMeanwhile.add(infohashKey(infohash));
      await announceTo(visitors);
      const reached = await slice;
      // What every third slice reached is lost, as if its process had been killed.
      if (slices % 3 !== 0) state = reached;
    }
    expect(slices).to.be.greaterThan(5);
    expect(state.ranges).to.deep.equal([]);
    expect(state.summary.failures).to.equal(0);
  });

  it('loses nothing live', async () => {
    const deadline = Math.floor(clock.now() / 1000) - LIFETIME;
    for (const [index, infohash] of infohashes.entries()) {
      const { counts } = await scrapeSwarm({ store, random, log }, infohash, deadline);
      const isLive = index >= SWARMS / 2 || announcedMeanwhile.has(infohashKey(infohash));
      expect(counts.leechers, infohash.toString('hex')).to.equal(isLive ? 1 : 0);
    }
  });

  it('leaves nothing dead, and no empty object', async () => {
    const stored = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await store.keys({ from: '0', to: 'g' }, cursor, 1000);
      for (const key of page.keys) stored.add(key);
      cursor = page.cursor;
    } while (cursor !== undefined);
    const live = infohashes
      .filter((infohash, index) => index >= SWARMS / 2 || announcedMeanwhile.has(infohashKey(infohash)))
      .map((infohash) => infohashKey(infohash));
    expect([...stored].sort()).to.deep.equal(live.sort());
  });

  it('reports what it found', () => {
    expect(state.summary.swarms).to.be.within(SWARMS / 2, SWARMS / 2 + announcedMeanwhile.size);
    expect(state.summary.peers).to.equal(state.summary.swarms);
    expect(log.lines.filter(({ level }) => level !== 'info')).to.deep.equal([]);
  });

  /** A clock on which every look takes a millisecond. */
  function impatientClock(): Clock {
    let looks = 0;
    return { now: () => milliseconds + looks++ };
  }

  async function announceTo(list: readonly Buffer[]): Promise<void> {
    for (let from = 0; from < list.length; from += 500) {
      await Promise.all(
        list.slice(from, from + 500).map((infohash) =>
          swarms.announce(
            {
              infohash,
              peerId: Buffer.from('-TT0001-abcdefghijkl'),
              address: Buffer.from([10, 0, 0, 1]),
              port: 6881,
              state: 'leecher',
              event: 'started',
            },
            { limit: 0, withIds: false },
          ),
        ),
      );
    }
  }
}
