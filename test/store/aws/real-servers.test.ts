import type { ChildProcess } from 'node:child_process';

import { expect } from 'chai';

import { systemClock } from '../../../lib/environment.js';
import { newPurge, purgeSlice } from '../../../lib/purge/purge.js';
import { StoreUnavailableError } from '../../../lib/store/errors.js';
import type { Store, Version } from '../../../lib/store/store.js';
import { infohashKey } from '../../../lib/swarm/shard/placement.js';
import { scrapeSwarm } from '../../../lib/swarm/sampling/scrape.js';
import { Swarms } from '../../../lib/swarm/swarms.js';
import { addressOf, infohashOf, peerIdOf, upTo } from '../../riak/support/numbered.js';
import { announceAll, startAnnouncing } from '../../support/announcing-children.js';
import { Cleanup } from '../../support/cleanup.js';
import { describeWith } from '../../support/programs.js';
import { RecordingLog } from '../../support/recording-log.js';
import { rejectionOf } from '../../support/rejection.js';
import { storeConformance } from '../conformance.js';
import { realServers, startRealServer, type RealServer } from '../../support/real-servers.js';

const peers = 5000;
const swarmCount = 10;
const processes = 4;
const purgedSwarms = 5000;
/** Of a test; on two idle cores each takes a few seconds. */
const timeoutMs = 180_000;

for (const [name, kind] of Object.entries(realServers)) {
  describeWith([kind.requirement], `On ${name}`, () => {
    const atEnd = new Cleanup();
    let server: RealServer;

    before(async function () {
      this.timeout(timeoutMs);
      server = await startRealServer(kind);
    });
    after(() => server.dispose());
    afterEach(() => atEnd.run());

    storeConformance(
      name,
      () => {
        const store = server.open();
        return Promise.resolve({ store, close: () => store.close() });
      },
      { raceRounds: kind.whole ? 200 : 50, runs: 10, timeout: 120_000 },
    );

    if (!kind.whole) return;

    it(`four processes that announce ${peers} peers of the same swarms at once lose none, and counts are exact`, async () => {
      const children = await Promise.all(upTo(processes).map(start));
      const reports = await Promise.all(children.map(announceAll));
      expect(reports).to.deep.equal(upTo(processes).map(() => ({ lines: [] })));
      const context = { store: open(), random: Math.random, log: new RecordingLog() };
      for (let swarm = 0; swarm < swarmCount; swarm += 1) {
        const expected = peers / swarmCount;
        const seeders = expected / 4;
        expect(await scrapeSwarm(context, infohashOf(swarm), 0)).to.deep.equal({
          counts: { seeders, leechers: expected - seeders, partialSeeds: 0 },
          downloads: seeders,
        });
      }
    }).timeout(timeoutMs);

    it(`a purge of ${purgedSwarms} swarms that have expired leaves nothing of them`, async () => {
      const store = open();
      const swarms = swarmsOn(store);
      const numbers = upTo(purgedSwarms).map((number) => 1000 + number);
      const announceSome = async (): Promise<void> => {
        for (let swarm = numbers.shift(); swarm !== undefined; swarm = numbers.shift()) {
          await announce(swarms, swarm, swarm);
        }
      };
      await Promise.all(upTo(64).map(announceSome));
      // The day after, all that any test has announced here has expired.
      const clock = { now: (): number => Date.now() + 86_400_000 };
      const components = {
        store,
        clock,
        log: new RecordingLog(),
        peerLifetimeSeconds: 2700,
        shardPeers: 192,
      };
      const { ranges, summary } = await purgeSlice(components, newPurge(clock.now()), {
        parallelism: 16,
        pageKeys: 500,
        budgetMilliseconds: timeoutMs,
      });
      expect(ranges).to.deep.equal([]);
      expect(summary).to.include({ failures: 0 });
      for (const number of [1000, 1001, 1000 + purgedSwarms - 1]) {
        expect((await store.fetch(infohashKey(infohashOf(number)))).values).to.deep.equal([]);
      }
    }).timeout(timeoutMs);

    if (kind.endpoint !== undefined) return;

    it('kill -9 under load loses no answered write, and the store goes on by itself when the server is back', async () => {
      const store = open({ callTimeoutMs: 2000 });
      const answered = new Map<string, number>();
      let running = true;
      const failures: unknown[] = [];
      const writer = async (number: number): Promise<void> => {
        const key = number.toString(16).padStart(40, 'e');
        let version: Version | undefined;
        for (let value = 1; running; value += 1) {
          try {
            const put = await store.put(key, Uint8Array.of(value >> 8, value & 0xff), version);
            version = put.version;
            if (put.stored) answered.set(key, value);
          } catch (error) {
            failures.push(error);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      };
      const writers = upTo(16).map(writer);
      await new Promise((resolve) => setTimeout(resolve, 700));
      await server.kill9();
      expect(await rejectionOf(store.check())).to.be.instanceOf(StoreUnavailableError);
      await server.restart();
      const before = new Map(answered);
      await new Promise((resolve) => setTimeout(resolve, 700));
      running = false;
      await Promise.all(writers);
      expect(failures.length).to.be.above(0);
      for (const failure of failures) expect(failure).to.be.instanceOf(StoreUnavailableError);
      expect(answered.size).to.equal(16);
      for (const [key, value] of answered) {
        const [held = new Uint8Array(2)] = (await store.fetch(key)).values;
        expect(((held[0] ?? 0) << 8) | (held[1] ?? 0), key).to.be.at.least(value);
      }
      expect([...answered].some(([key, value]) => value > (before.get(key) ?? 0))).to.equal(true);
    }).timeout(timeoutMs);

    function open(changes = {}): Store {
      const store = server.open(changes);
      atEnd.add(() => store.close());
      return store;
    }

    function start(number: number): Promise<ChildProcess> {
      const settings = { ...server.settings, AWS_CALL_TIMEOUT: '10000' };
      return startAnnouncing(atEnd, { number, processes, peers, swarmCount, settings });
    }
  });
}

function swarmsOn(store: Store): Swarms {
  return new Swarms({
    store,
    clock: systemClock,
    random: Math.random,
    log: new RecordingLog(),
    rules: {
      peerLifetimeSeconds: 2700,
      unwrittenSeconds: 900,
      shardPeers: 192,
      warmMilliseconds: 5000,
      warmBytes: 67_108_864,
    },
  });
}

async function announce(swarms: Swarms, swarm: number, peer: number): Promise<void> {
  await swarms.announce(
    {
      infohash: infohashOf(swarm),
      peerId: peerIdOf(peer),
      address: addressOf(peer),
      port: 6881,
      state: 'leecher',
      event: 'started',
    },
    { limit: 0, withIds: false },
  );
}
