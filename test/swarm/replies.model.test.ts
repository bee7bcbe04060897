import { expect } from 'chai';
import fc from 'fast-check';

import type { SwarmAnswer } from '../../lib/swarm/swarms.js';
import { MemoryStore } from '../support/memory-store.js';
import { seededRandom } from '../support/seeded-random.js';
import { infohashKey } from '../../lib/swarm/shard/placement.js';
import { concurrencies } from './support/histories.js';
import { INFOHASH, LIFETIME, SwarmWorld, type Act, type ModelPeer } from './support/swarm-world.js';

/** Enough for several shards, and few enough to do several things each. */
const PEERS = 15;

/**
 * Rounds of what peers do at once, each peer id one thing a round, with time passing between them.
 */
const histories = fc.array(
  fc.record({
    acts: fc.uniqueArray(
      fc.record({
        peer: fc.integer({ min: 0, max: PEERS - 1 }),
        through: fc.constant(0),
        doing: fc.constantFrom('start', 'announce', 'announce', 'complete', 'complete', 'pause', 'stop'),
        // So many steps of others later.
        late: fc.integer({ min: 0, max: 8 }),
      }),
      { maxLength: PEERS, selector: ({ peer }) => idOf(peer) },
    ),
    pause: fc.constantFrom(0, 1, 30, 600, 1500),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Two numbers of the world's peers that have the same peer id give the same here. */
function idOf(peer: number): number {
  return peer % 3 === 2 ? peer - 1 : peer;
}

/** The world's numbers of the peers in an answer; their ports tell them. */
function numbersOf({ peers: { v4, v6 } }: SwarmAnswer): number[] {
  const portsOf = (compact: Uint8Array, size: number): number[] =>
    Array.from({ length: compact.length / size }, (_, i) =>
      Buffer.from(compact).readUInt16BE((i + 1) * size - 2),
    );
  return [...portsOf(v4, 6), ...portsOf(v6, 18)].map((port) => port - 1000);
}

/**
 * What a swarm in one process owes those who announce to it, whatever else goes on in it meanwhile.
 */
class Observer {
  /** Peers whose stop was answered, or that expired, and that have done nothing since. */
  private readonly away = new Set<number>();

  constructor(private readonly world: SwarmWorld) {}

  async act(act: Act): Promise<void> {
    const { peer, doing } = act;
    const wasAway = new Set(this.away);
    if (doing !== 'stop') this.away.delete(peer);
    const answer = await this.world.act(act);
    if (doing === 'stop') this.away.add(peer);
    for (const number of numbersOf(answer)) {
      expect(idOf(number), 'its own peer id').to.not.equal(idOf(peer));
      expect(this.world.peers.has(number), `peer ${number} has announced`).to.equal(true);
      expect(wasAway.has(number) && this.away.has(number), `peer ${number} was away before`).to.equal(false);
    }
    expect(doing === 'stop' ? numbersOf(answer) : []).to.deep.equal([]);
  }

  /** To be called before a round. */
  expire(): void {
    for (const [number, { lastSeen, state }] of this.world.peers) {
      if (state !== 'gone' && lastSeen > 0 && lastSeen <= this.world.seconds - LIFETIME)
        this.away.add(number);
    }
  }
}

/**
 * How often peers have completed: each peer id once in a stay, if it was a leecher and nothing but
 * a leecher, at all of its endpoints. An endpoint that completes again, or after another one of its
 * peer id, is remembered as counted.
 */
class Downloads {
  count = 0;
  /**
   * So many more may have counted: what is remembered of a peer that has left is renewed by another
   * stop in some swarms only.
   */
  unsure = 0;
  /** When endpoints were last known to be counted, and when they may have been. */
  private readonly counted = new Map<number, { at: number; renewedAt: number }>();

  constructor(private readonly world: SwarmWorld) {}

  /** To be called before a round. */
  note({ peer: number, doing }: Act): void {
    const { world } = this;
    const isLive = (peer: ModelPeer | undefined): boolean =>
      peer !== undefined && peer.state !== 'gone' && peer.lastSeen > world.seconds - LIFETIME;
    const mine = world.peers.get(number);
    const stay = this.counted.get(number);
    if (!isLive(mine)) {
      if (doing !== 'stop') this.counted.delete(number);
      else if (stay !== undefined) stay.renewedAt = world.seconds;
      return;
    }
    const since = world.seconds - LIFETIME;
    const now = world.seconds;
    if (stay !== undefined) this.counted.set(number, { at: stay.at > since ? now : stay.at, renewedAt: now });
    if (doing !== 'complete') return;
    const endpoints = [...world.peers].filter(([other]) => idOf(other) === idOf(number));
    const stays = endpoints.flatMap(([other]) => this.counted.get(other) ?? []);
    const isCounted = stays.some(({ at }) => at > since);
    const mayBeCounted = stays.some(({ renewedAt }) => renewedAt > since);
    const isSeeding = endpoints.some(([, peer]) => isLive(peer) && peer.state === 'seeder');
    if (!isCounted && !isSeeding) {
      if (mayBeCounted) this.unsure++;
      else this.count++;
    }
    if (isCounted || !isSeeding) this.counted.set(number, { at: now, renewedAt: now });
    else if (mayBeCounted) this.counted.set(number, { at: stay?.at ?? -Infinity, renewedAt: now });
  }

  /** After a round. @param count what the store has */
  check(count: number): void {
    expect(count, 'downloads').to.be.within(this.count, this.count + this.unsure);
    this.count = count;
    this.unsure = 0;
  }
}

describe('a swarm in one process', () => {
  it('gives nobody a peer that had left, and counts every download once, in whatever order its store operations run', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(
        histories,
        concurrencies,
        fc.scheduler(),
        fc.nat(),
        async (history, concurrency, scheduler, seed) => {
          const store = new MemoryStore({
            concurrency,
            schedule: (label) => scheduler.schedule(Promise.resolve(), label),
          });
          // Some of what is remembered is too old all the time, and has to be read while others are
          // answered.
          const world = new SwarmWorld(store, [0], seededRandom(seed), { warmMilliseconds: 700 });
          const observer = new Observer(world);
          const downloads = new Downloads(world);
          for (const { acts, pause } of history) {
            observer.expire();
            for (const act of acts) downloads.note(act);
            await scheduler.waitFor(
              Promise.all(
                acts.map(async (act) => {
                  for (let i = 0; i < act.late; i++) await scheduler.schedule(Promise.resolve(), 'late');
                  await observer.act(act);
                }),
              ),
            );
            const count = await scheduler.waitFor(store.count(infohashKey(INFOHASH)));
            downloads.check(count);
            world.pause(pause);
          }
          expect(world.log.lines, 'log').to.deep.equal([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
