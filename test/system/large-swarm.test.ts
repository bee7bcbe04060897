import { expect } from 'chai';

import { openLmdbStore } from '../../lib/store/lmdb/store.js';
import { V4 } from '../../lib/swarm/shard/peer-record.js';
import { scrapeSwarm } from '../../lib/swarm/sampling/scrape.js';
import { HEADER_SIZE } from '../../lib/swarm/shard/header.js';
import { Swarms, type SwarmAnswer } from '../../lib/swarm/swarms.js';
import { Cleanup } from '../support/cleanup.js';
import { RecordingLog } from '../support/recording-log.js';
import { seededRandom } from '../support/seeded-random.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { overConnections, PipelinedConnection } from './support/pipelined-connection.js';
import { announceReplyOf, scrapeReplyOf } from './support/replies.js';
import { median } from './support/statistics.js';
import { StoredSwarm } from './support/stored-swarm.js';
import { announceTarget, scrapeTarget } from './support/targets.js';
import { WatchedStore } from './support/watched-store.js';

const seed = 4711;
const swarmSize = 200_000;
const atOnce = 500;
const shardPeers = 192;
/** The counts of a swarm with more shards are estimated from this many. */
const sampleShards = 16;
/** At this rate the swarm announces once in an announce interval of 30 minutes. */
const announcesPerSecond = swarmSize / 1800;
const lifetimeSeconds = 2700;
const infohash = Buffer.from('00ff1020304050607080a0b0c0d0e0f0fffefd01', 'hex');
const rules = {
  peerLifetimeSeconds: lifetimeSeconds,
  unwrittenSeconds: 720,
  shardPeers,
  warmMilliseconds: 5000,
  warmBytes: 67_108_864,
};

/** Every fourth peer is a seeder. */
function isSeeder(peer: number): boolean {
  return peer % 4 === 0;
}

/**
 * Peer id, address and port, as a record begins; the last six bytes are the endpoint, which tells
 * the peer's number.
 */
function identityOf(peer: number): Buffer {
  const identity = Buffer.alloc(V4.identityLength, `-TS0001-${String(peer).padStart(12, '0')}`, 'latin1');
  identity.writeUInt32BE(0x0a000000 + peer, 20);
  identity.writeUInt16BE(1024 + (peer % 60_000), 24);
  return identity;
}

/** The numbers of the peers in a compact list; NaN for an endpoint that nobody announced. */
function peersIn(compact: Uint8Array): number[] {
  const bytes = Buffer.from(compact);
  const peers: number[] = [];
  for (let at = 0; at < bytes.length; at += 6) {
    const peer = bytes.readUInt32BE(at) - 0x0a000000;
    peers.push(bytes.readUInt16BE(at + 4) === 1024 + (peer % 60_000) ? peer : NaN);
  }
  return peers;
}

function numbers(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
}

describe(`a swarm of ${swarmSize} peers`, function () {
  this.timeout(240_000);

  const cleanup = new Cleanup();
  const random = seededRandom(seed);
  const log = new RecordingLog();
  /** When each peer last announced, as far as that was to be noted, seconds. */
  const announcedAt = new Float64Array(swarmSize);
  /** In how many replies each peer was. */
  const timesGiven = new Uint32Array(swarmSize);
  /** Milliseconds that a group of announces took, in the order in which the swarm grew. */
  const growthMs: number[] = [];
  let store: WatchedStore;
  let swarms: Swarms;
  let nowMs = 1_700_000_000_000;
  const seconds = (): number => Math.floor(nowMs / 1000);
  const isLive = (peer: number): boolean => (announcedAt[peer] ?? 0) > seconds() - lifetimeSeconds;

  async function announce(peer: number, limit = 50): Promise<SwarmAnswer> {
    const identity = identityOf(peer);
    // From now on others may be given it, even before its own reply. What is repeated too soon is
    // not written.
    const since = seconds() - (announcedAt[peer] ?? 0);
    if (since >= rules.unwrittenSeconds) announcedAt[peer] = seconds();
    const answer = await swarms.announce(
      {
        infohash,
        peerId: identity.subarray(0, 20),
        address: identity.subarray(20, 24),
        port: identity.readUInt16BE(24),
        state: isSeeder(peer) ? 'seeder' : 'leecher',
        event: 'none',
      },
      { limit, withIds: false },
    );
    checkPeers(peer, answer, limit);
    return answer;
  }

  /** What must hold for every reply of this test. */
  function checkPeers(asking: number, { peers }: SwarmAnswer, limit: number): void {
    const given = peersIn(peers.v4);
    const wrong = given.filter(
      (peer) => peer === asking || !isLive(peer) || (isSeeder(asking) && isSeeder(peer)),
    );
    if (wrong.length > 0 || new Set(given).size !== given.length || given.length > limit) {
      expect.fail(`peer ${asking} was given ${given.join(' ')}, wrong are ${wrong.join(' ')}; seed ${seed}`);
    }
    for (const peer of given) timesGiven[peer] = (timesGiven[peer] ?? 0) + 1;
  }

  /** Announces in groups of some hundred at once, at the swarm's rate on the tracker's clock. */
  async function announceAll(peers: readonly number[], limit?: number): Promise<SwarmAnswer[]> {
    const answers: SwarmAnswer[] = [];
    for (let at = 0; at < peers.length; at += atOnce) {
      const group = peers.slice(at, at + atOnce);
      answers.push(...(await Promise.all(group.map((peer) => announce(peer, limit)))));
      nowMs += (group.length / announcesPerSecond) * 1000;
    }
    return answers;
  }

  /** The numbers of some peers, at random, of which every `step`th may be among them. */
  function somePeers(count: number, step = 1): number[] {
    return Array.from({ length: count }, () => step * Math.floor((random() * swarmSize) / step));
  }

  async function scrape(): Promise<{ seeders: number; leechers: number }> {
    const { counts } = await scrapeSwarm({ store, random, log }, infohash, seconds() - lifetimeSeconds);
    expect(counts.partialSeeds).to.equal(0);
    return { seeders: counts.seeders, leechers: counts.leechers };
  }

  /** The counts as they should be. */
  function liveCounts(): { seeders: number; leechers: number } {
    const live = numbers(0, swarmSize).filter(isLive);
    const seeders = live.filter(isSeeder).length;
    return { seeders, leechers: live.length - seeders };
  }

  /**
   * That an estimate is within four times its standard error, which is one over the root of the
   * peers that were counted.
   */
  async function expectEstimate(counted: { seeders: number; leechers: number }): Promise<void> {
    const { shards } = await StoredSwarm.read(store, infohash);
    const live = liveCounts();
    for (const state of ['seeders', 'leechers'] as const) {
      const error = 1 / Math.sqrt((live[state] * sampleShards) / shards.size);
      const found = `${counted[state]} ${state} counted of ${live[state]}, seed ${seed}`;
      expect(Math.abs(counted[state] / live[state] - 1), found).to.be.below(4 * error);
    }
  }

  before(async () => {
    const directory = await makeTempDir();
    cleanup.add(() => removeTempDir(directory));
    const lmdb = await openLmdbStore({ directory, durability: 'commit', log });
    cleanup.add(() => lmdb.close());
    store = new WatchedStore(lmdb);
    swarms = new Swarms({ store, clock: { now: () => nowMs }, random, log, rules });
  });

  after(() => cleanup.run());

  it('is counted exactly up to 16 shards, and beyond that within the stated error', async () => {
    let exact = 0;
    let estimated = 0;
    for (let size = atOnce; size <= swarmSize; size += atOnce) {
      const startMs = performance.now();
      await announceAll(numbers(size - atOnce, size));
      growthMs.push(performance.now() - startMs);
      const isSmall = size <= 3000;
      if (!isSmall && size % 10_000 !== 0) continue;
      const { shards } = await StoredSwarm.read(store, infohash);
      if (shards.size <= sampleShards) {
        expect(await scrape()).to.deep.equal(liveCounts());
        exact++;
      } else {
        await expectEstimate(await scrape());
        estimated++;
      }
    }
    expect(exact, 'swarms of up to 16 shards').to.be.at.least(2);
    expect(estimated, 'larger swarms').to.be.at.least(20);
  });

  it('has each peer in the one shard that is responsible for it', async () => {
    const stored = await StoredSwarm.read(store, infohash);
    const missing = numbers(0, swarmSize).filter((peer) => stored.recordOf(identityOf(peer)) === undefined);
    expect(missing, 'peers without a record').to.deep.equal([]);
    expect(stored.records, 'records of all shards').to.equal(swarmSize);
  });

  it('is announced to in a time that does not grow with it', () => {
    const small = median(growthMs.slice(10_000 / atOnce, 30_000 / atOnce));
    const large = median(growthMs.slice(-20_000 / atOnce));
    expect(large / small, `${small} ms at 20,000 peers, ${large} ms at ${swarmSize}`).to.be.below(5);
  });

  it('is announced to with a few operations of the store, however cold', async () => {
    const operations: number[] = [];
    for (const peer of somePeers(60)) {
      const before = store.fetches + store.puts;
      await announce(peer);
      operations.push(store.fetches + store.puts - before);
      nowMs += rules.warmMilliseconds + 1000;
    }
    expect(Math.max(...operations)).to.be.at.most(4);
  });

  it('is counted within the stated error in the replies to announces too', async () => {
    for (let sample = 0; sample < 20; sample++) {
      // Each announce reads one more shard until there are enough to count from; then all of them
      // are forgotten.
      for (const peer of somePeers(sampleShards * 2)) await announce(peer);
      const { counts } = await announce(sample);
      await expectEstimate(counts);
      nowMs += rules.warmMilliseconds + 1000;
    }
  });

  it('gives every peer to somebody, in the end', async () => {
    timesGiven.fill(0);
    const shares: number[] = [];
    for (let round = 0; round < 8; round++) {
      await announceAll(somePeers(5000), 200);
      shares.push(timesGiven.filter((times) => times > 0).length / swarmSize);
    }
    expect(shares, 'share of the swarm that was ever given').to.deep.equal([...shares].sort());
    expect(shares[0]).to.be.above(0.5);
    expect(shares.at(-1)).to.be.above(0.99);
  });

  it('has no expired peer in a reply or in a count', async () => {
    // Every third peer goes on; of the rest, most were silent for a lifetime in the end, and those
    // that came last were not.
    await announceAll(numbers(0, swarmSize, 3));
    nowMs += 700_000;
    await announceAll(somePeers(5000, 3), 200);
    const silent = numbers(1, swarmSize, 3);
    expect(silent.filter(isLive).length / silent.length).to.be.within(0.1, 0.5);
    await expectEstimate(await scrape());
  });

  it('never had a stored object with more than twice the records of a shard', () => {
    expect(store.largestValue).to.be.at.most(HEADER_SIZE + 2 * shardPeers * V4.size);
    expect(log.lines.filter(({ level }) => level !== 'info')).to.deep.equal([]);
  });
});

describe('a swarm of 20,000 peers over HTTP', function () {
  this.timeout(120_000);

  const size = 20_000;
  const load = { connections: 8, inFlight: 256 };
  const cleanup = new Cleanup();
  let tracker: TrackerProcess;

  /** All peers have the same address here, so the port tells the peer. */
  const portOf = (peer: number): number => 1024 + peer;
  const peerIdOf = (peer: number): Buffer => identityOf(peer).subarray(0, 20);

  async function announce(connection: PipelinedConnection, peer: number): Promise<readonly number[]> {
    const peerId = peerIdOf(peer);
    const left = isSeeder(peer) ? 0 : 1;
    const target = announceTarget({ infohash, peerId, port: portOf(peer), left }, '&numwant=200');
    const { ports } = announceReplyOf(await connection.get(target));
    const wrong = ports.filter((port) => port === portOf(peer) || port < portOf(0) || port >= portOf(size));
    expect(wrong, `asked by ${portOf(peer)}`).to.deep.equal([]);
    expect(new Set(ports).size, `different ones of ${ports.join(' ')}`).to.equal(ports.length);
    return ports;
  }

  before(async () => {
    tracker = await startTracker();
    cleanup.add(() => tracker.dispose());
  });

  after(() => cleanup.run());

  it('has each peer in the one shard that is responsible for it when its announce is answered', async () => {
    await overConnections(tracker.port, load, numbers(0, size), async (connection, peer) => {
      await announce(connection, peer);
    });
    // One process has the directory at a time.
    await tracker.stop();
    const log = new RecordingLog();
    const store = await openLmdbStore({ directory: tracker.dataDirectory, durability: 'flush', log });
    const stored = await StoredSwarm.read(store, infohash);
    await store.close();
    await tracker.restart();
    const missing = numbers(0, size).filter((peer) => {
      const identity = Buffer.concat([peerIdOf(peer), Buffer.from([127, 0, 0, 1, 0, 0])]);
      identity.writeUInt16BE(portOf(peer), 24);
      return stored.recordOf(identity) === undefined;
    });
    expect(missing, 'peers without a record').to.deep.equal([]);
    expect(stored.records, 'records of all shards').to.equal(size);

    const connection = await PipelinedConnection.open(tracker.port);
    const counts = scrapeReplyOf(await connection.get(scrapeTarget([infohash]))).get(
      infohash.toString('hex'),
    );
    connection.close();
    const error = 1 / Math.sqrt((size * sampleShards) / stored.shards.size);
    expect(((counts?.complete ?? 0) + (counts?.incomplete ?? 0)) / size).to.be.within(
      1 - 4 * error,
      1 + 4 * error,
    );
  });

  it('gives nearly all of them to those who ask', async () => {
    const random = seededRandom(seed);
    const given = new Set<number>();
    const asking = Array.from({ length: 5000 }, () => Math.floor(random() * size));
    await overConnections(tracker.port, load, asking, async (connection, peer) => {
      for (const port of await announce(connection, peer)) given.add(port);
    });
    expect(given.size / size).to.be.above(0.95);
  });
});
