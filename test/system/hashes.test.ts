import { expect } from 'chai';

import { seededBytes, seededRandom } from '../support/seeded-random.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { escapes } from './support/escapes.js';
import { overConnections } from './support/pipelined-connection.js';
import { announceReplyOf, scrapeReplyOf } from './support/replies.js';
import { announceTarget, scrapeTarget } from './support/targets.js';

const swarmCount = 10_000;
const seed = 20_231;
const load = { connections: 8, inFlight: 256 };

/**
 * A swarm that no other can be taken for: its counts follow from its number, and no other swarm has
 * one of its ports.
 */
interface KnownSwarm {
  readonly infohash: Buffer;
  readonly number: number;
  readonly seeders: number;
  readonly leechers: number;
}

/** More than any swarm has peers. */
const portsOfEach = 6;
const firstPort = 2000;

function portOf(swarm: KnownSwarm, peer: number): number {
  return firstPort + swarm.number * portsOfEach + peer;
}

/** The ports of all peers but the last, who is the one that asks. */
function portsOfOthers({ seeders, leechers }: KnownSwarm): number[] {
  return Array.from({ length: seeders + leechers - 1 }, (_, peer) => peer);
}

function targetOf(swarm: KnownSwarm, peer: number): string {
  const peerId = Buffer.from(`-TS0001-${String(swarm.number).padStart(6, '0')}-peer${peer}`);
  const left = peer < swarm.seeders ? 0 : 1;
  const { infohash } = swarm;
  const escape = escapes[(swarm.number + peer) % escapes.length];
  return announceTarget({ infohash, peerId, port: portOf(swarm, peer), left }, '', escape);
}

/**
 * Infohashes of one repeated byte, of random bytes, and such that differ from another one in a
 * single byte.
 */
function makeInfohashes(): Buffer[] {
  const random = seededRandom(seed);
  const distinct = new Map<string, Buffer>();
  const add = (infohash: Buffer): void => {
    distinct.set(infohash.toString('hex'), infohash);
  };
  for (let byte = 0; byte < 256; byte++) add(Buffer.alloc(20, byte));
  while (distinct.size < swarmCount) {
    const infohash = seededBytes(random, 20);
    add(infohash);
    if (distinct.size < swarmCount && random() < 0.5) add(withOtherByte(infohash, random));
  }
  return [...distinct.values()];
}

function withOtherByte(infohash: Buffer, random: () => number): Buffer {
  const other = Buffer.from(infohash);
  const at = Math.floor(random() * other.length);
  other[at] = (other[at] ?? 0) ^ (1 + Math.floor(random() * 255));
  return other;
}

describe('10,000 binary infohashes over HTTP', function () {
  this.timeout(120_000);

  let tracker: TrackerProcess;
  const swarms: KnownSwarm[] = makeInfohashes().map((infohash, number) => ({
    infohash,
    number,
    seeders: 1 + (number % 3),
    leechers: 1 + (Math.floor(number / 3) % 3),
  }));

  before(async () => {
    tracker = await startTracker();
  });

  after(() => tracker.dispose());

  it('have all byte values at all places', () => {
    for (let at = 0; at < 20; at++) {
      expect(new Set(swarms.map(({ infohash }) => infohash[at])).size, `byte ${at}`).to.equal(256);
    }
  });

  it('are announced, however they are escaped', async () => {
    const announces = swarms.flatMap((swarm) => portsOfOthers(swarm).map((peer) => targetOf(swarm, peer)));
    await overConnections(tracker.port, load, announces, async (connection, target) => {
      announceReplyOf(await connection.get(target));
    });
  });

  it("have each its own peers' addresses in the reply to one more peer, and nobody else's", async () => {
    await overConnections(tracker.port, load, swarms, async (connection, swarm) => {
      const asking = swarm.seeders + swarm.leechers - 1;
      const reply = announceReplyOf(await connection.get(targetOf(swarm, asking)));
      const expected = portsOfOthers(swarm).map((peer) => portOf(swarm, peer));
      expect(
        [...reply.ports].sort((a, b) => a - b),
        describeSwarm(swarm),
      ).to.deep.equal(expected);
      expect([reply.complete, reply.incomplete], describeSwarm(swarm)).to.deep.equal([
        swarm.seeders,
        swarm.leechers,
      ]);
    });
  });

  it('are scraped back, several at a time, each with its own counts', async () => {
    const shuffled = [...swarms].sort((a, b) =>
      Buffer.compare(a.infohash.subarray(7), b.infohash.subarray(7)),
    );
    const scrapes = Array.from({ length: Math.ceil(swarmCount / 60) }, (_, i) =>
      shuffled.slice(i * 60, i * 60 + 60),
    );
    let scraped = 0;
    await overConnections(tracker.port, load, scrapes, async (connection, asked, i) => {
      const target = scrapeTarget(
        asked.map(({ infohash }) => infohash),
        escapes[i % escapes.length],
      );
      const files = scrapeReplyOf(await connection.get(target));
      expect(files.size).to.equal(asked.length);
      for (const swarm of asked) {
        expect(files.get(swarm.infohash.toString('hex')), describeSwarm(swarm)).to.deep.equal({
          complete: swarm.seeders,
          incomplete: swarm.leechers,
          downloaded: 0,
        });
        scraped++;
      }
    });
    expect(scraped).to.equal(swarmCount);
  });

  it('leave unknown the infohashes that differ from them in one byte', async () => {
    const random = seededRandom(seed + 1);
    const known = new Set(swarms.map(({ infohash }) => infohash.toString('hex')));
    const unknown = swarms
      .slice(0, 1000)
      .map(({ infohash }) => withOtherByte(infohash, random))
      .filter((infohash) => !known.has(infohash.toString('hex')));
    await overConnections(tracker.port, load, unknown, async (connection, infohash) => {
      const files = scrapeReplyOf(await connection.get(scrapeTarget([infohash])));
      expect([...files]).to.deep.equal([
        [infohash.toString('hex'), { complete: 0, incomplete: 0, downloaded: 0 }],
      ]);
    });
  });
});

function describeSwarm({ number, infohash }: KnownSwarm): string {
  return `swarm ${number}, infohash ${infohash.toString('hex')}, seed ${seed}`;
}
