import { expect } from 'chai';

import { config, strictLog } from '../../bench/support/tracker.js';
import { CountingStore } from '../../bench/support/counting-store.js';
import { InstantStore } from '../../bench/support/instant-store.js';
import { evenShards, putAll } from '../../bench/support/stored-swarm.js';
import { addressOf, infohashOf, isSeeder, peerIdOf, PORT } from '../../bench/load/numbered.js';
import { runPurge } from '../../lib/purge/run-purge.js';
import { scrapeSwarm } from '../../lib/swarm/scrape.js';
import { Swarms } from '../../lib/swarm/swarms.js';
import { storeConformance } from '../store/conformance.js';
import { seededRandom } from '../support/seeded-random.js';

const nowMs = 1_800_000_000_000;
const random = seededRandom(5);

describe('Swarms that are stored without announces', () => {
  for (const size of [1, 192, 193, 1500]) {
    it(`are found by the tracker with all of their ${size} peers`, async () => {
      const store = new InstantStore();
      await putAll(store, evenShards(0, 2, size, nowMs, config.shardPeers));
      const { counts } = await scrapeSwarm({ store, random, log: strictLog }, infohashOf(1), 0);
      const seeders = Array.from({ length: size }, (_, member) => size + member).filter(isSeeder).length;
      expect(counts).to.deep.equal({ seeders, leechers: size - seeders, partialSeeds: 0 });
      const report = await runPurge(
        { ...config, store, log: strictLog, clock: { now: () => nowMs } },
        { parallelism: 1 },
      );
      expect(report).to.deep.include({ swarms: 2, peers: 2 * size, recordsDropped: 0, shardsMerged: 0 });
    });
  }

  it('take an announce of a stored peer as a re-announce', async () => {
    const store = new CountingStore(new InstantStore());
    await putAll(store, evenShards(0, 1, 1000, nowMs, config.shardPeers));
    const swarms = new Swarms({
      store,
      random,
      log: strictLog,
      clock: { now: () => nowMs + 1_800_000 },
      rules: { ...config, warmMilliseconds: 5000, unwrittenSeconds: 720 },
    });
    await swarms.announce(
      {
        infohash: infohashOf(0),
        peerId: Buffer.from(peerIdOf(500)),
        address: Buffer.from(addressOf(500).split('.').map(Number)),
        port: PORT,
        state: 'leecher',
        event: 'none',
      },
      { limit: 50, withIds: false },
    );
    const { counts } = await scrapeSwarm({ store, random, log: strictLog }, infohashOf(0), 0);
    expect(counts.seeders + counts.leechers).to.equal(1000);
    expect(store.bytesRead).to.be.above(0);
  });
});

storeConformance('the instant store of the measurements', () => {
  const store = new InstantStore();
  return Promise.resolve({ store, close: () => store.close() });
});
