import { expect } from 'chai';
import fc from 'fast-check';

import { addCounts, countPeers, NO_PEERS } from '../../../lib/swarm/shard/counts.js';
import { SEEDER, STOPPED, V4 } from '../../../lib/swarm/shard/peer-record.js';
import type { Shard } from '../../../lib/swarm/shard/shard.js';
import { newHeader } from '../../../lib/swarm/shard/header.js';
import { SwarmViews, type SwarmView } from '../../../lib/swarm/sampling/swarm-views.js';
import { seededRandom } from '../../support/seeded-random.js';
import { shardOf } from '../../support/swarm-arbitraries.js';
import { numbersIn, recordOf } from '../support/peers.js';
import { KEY, upTo } from '../support/swarm-harness.js';

const DEPTH = 3;
const PEERS = 20;

/** Shard n of a swarm whose shards all have this depth, with so many leechers. */
function shardAt(n: number, depth = DEPTH, peers = PEERS): Shard {
  return shardOf(
    numbersIn(n, depth, peers).map((number) => recordOf(number)),
    { ...newHeader(n), depth },
  );
}

/** The same shard with one more seeder. */
function withSeeder(shard: Shard, depth = DEPTH): Shard {
  const [number = 0] = numbersIn(shard.number, depth, 1, 100_000);
  return shard.with(V4, recordOf(number, { flags: SEEDER }));
}

const whole = (): Shard[] => upTo(1 << DEPTH).map((n) => shardAt(n));

function counted(seenShards: readonly Shard[], expiryCutoff: number): typeof NO_PEERS {
  return seenShards.reduce((sum, shard) => addCounts(sum, countPeers(shard, expiryCutoff)), NO_PEERS);
}

/**
 * A look at a swarm of which it is the second in this second, so that the view is kept if it is to
 * be kept at all.
 */
function lookTwice(views: SwarmViews, seenShards: readonly Shard[]): SwarmView {
  views.look(KEY, seenShards, 500);
  return views.look(KEY, seenShards, 500);
}

describe('the view of a swarm', () => {
  it('is kept from the second look in a second on: of most swarms there is none', () => {
    const views = new SwarmViews(Math.random);
    for (const second of [500, 501]) {
      views.look(KEY, whole(), second);
      expect(views.current(KEY, shardAt(0), second)).to.equal(undefined);
      const view = views.look(KEY, whole(), second);
      expect(views.current(KEY, shardAt(0), second)).to.equal(view);
    }
  });

  it('counts what its shards count, however they change', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: (1 << DEPTH) - 1 }), { maxLength: 30 }), (changes) => {
        const views = new SwarmViews(Math.random);
        const seenShards = whole();
        lookTwice(views, seenShards);
        for (const n of changes) {
          const source = seenShards[n];
          if (source === undefined) continue;
          const changed = withSeeder(source);
          seenShards[n] = changed;
          expect(views.current(KEY, changed, 500)?.countsWith(changed)).to.deep.equal(
            counted(seenShards, 500),
          );
        }
      }),
    );
  });

  it('is gone with its second, whichever swarm is asked for', () => {
    const views = new SwarmViews(Math.random);
    lookTwice(views, whole());
    expect(views.current('ff'.repeat(20), shardAt(0), 501)).to.equal(undefined);
    expect(views.current(KEY, shardAt(0), 500)).to.equal(undefined);
  });

  it('is not that of another swarm', () => {
    const views = new SwarmViews(Math.random);
    lookTwice(views, whole());
    expect(views.current('ff'.repeat(20), shardAt(0), 500)).to.equal(undefined);
  });

  it('does not outlive a split', () => {
    // The shard that has split, and one that was split off, which the view does not know.
    for (const own of [shardAt(0, DEPTH + 1), shardAt(1 << DEPTH, DEPTH + 1)]) {
      const views = new SwarmViews(Math.random);
      lookTwice(views, whole());
      expect(views.current(KEY, shardAt(1), 500)).to.not.equal(undefined);
      expect(views.current(KEY, own, 500)).to.equal(undefined);
      // Nor is it there for an announce to another shard: it would have peers that may have left
      // since.
      expect(views.current(KEY, shardAt(1), 500)).to.equal(undefined);
    }
  });

  it('of a part of a swarm has no shard beside one that was split off from it', () => {
    const part = upTo(16).map((n) => shardAt(n, 6, 5));
    for (const own of [shardAt(64, 7), shardAt(0, 5)]) {
      const views = new SwarmViews(() => 0.9);
      lookTwice(views, part);
      expect(views.current(KEY, shardAt(40, 6), 500)).to.not.equal(undefined);
      expect(views.current(KEY, own, 500)).to.equal(undefined);
    }
  });

  it('of a part of a swarm is not kept: there is more to look at', () => {
    const views = new SwarmViews(Math.random);
    const view = lookTwice(views, whole().slice(0, 4));
    expect(view.countsWith(shardAt(0)).leechers).to.equal((1 << DEPTH) * PEERS);
    expect(views.current(KEY, shardAt(0), 500)).to.equal(undefined);
  });

  it('of a sample of a large swarm has the peer’s own shard besides, and is looked at anew every fourth time', () => {
    const depth = 6;
    const views = new SwarmViews(seededRandom(3));
    lookTwice(
      views,
      upTo(16).map((n) => shardAt(n, depth, 5)),
    );
    const own = shardAt(40, depth, 22);
    const seen = upTo(800).map(() => views.current(KEY, own, 500));
    const looks = seen.filter((view) => view === undefined).length;
    expect(looks).to.be.within(150, 250);
    const view = seen.find((each) => each !== undefined);
    for (let round = 0; round < 20; round++) {
      const numbers = view?.shardsFor(own, 5, false, V4).map(({ number }) => number) ?? [];
      expect(numbers).to.have.length(3).and.to.include(40);
      expect(new Set(numbers).size).to.equal(3);
    }
    // What the peer's own shard has is part of what is enough.
    expect(view?.shardsFor(own, 8, false, V4)).to.have.length(3);
    // 16 shards with 5 peers and one with 22, of 64.
    expect(view?.countsWith(own).leechers).to.equal(Math.round((102 * 64) / 17));
  });

  it('gives two shards for a reply if they hold many peers, any of them as likely as any other', () => {
    const view = new SwarmViews(seededRandom(1)).look(KEY, whole(), 500);
    const times = new Map<number, number>();
    for (let round = 0; round < 4000; round++) {
      const seenShards = view.shardsFor(shardAt(0), 10, false, V4);
      expect(seenShards).to.have.length(2);
      for (const { number } of seenShards) times.set(number, (times.get(number) ?? 0) + 1);
    }
    // 1,000 each; 28 is one standard deviation.
    for (const n of upTo(1 << DEPTH)) expect(times.get(n)).to.be.within(850, 1150);
  });

  it('gives the peer’s own shard and the one that was just read to whoever looked, and random ones to the next', () => {
    const part = whole().slice(0, 5);
    const [own = shardAt(0)] = part;
    const view = new SwarmViews(() => 0.5).look(KEY, part, 500);
    const given = (): number[] => view.shardsFor(own, 1, false, V4).map(({ number }) => number);
    expect(given()).to.deep.equal([0, 1]);
    expect(given()).to.deep.equal([2, 3]);
  });

  it('gives more shards for a reply if they hold few peers, and none twice', () => {
    const view = new SwarmViews(Math.random).look(KEY, whole(), 500);
    for (let round = 0; round < 50; round++) {
      const seenShards = view.shardsFor(shardAt(0), 50, false, V4);
      // Twice as many to choose from as are wanted.
      expect(new Set(seenShards.map(({ number }) => number)).size).to.equal(5);
    }
    const small = new SwarmViews(Math.random).look(KEY, [shardAt(0, 1), shardAt(1, 1)], 500);
    expect(
      small
        .shardsFor(shardAt(0, 1), 200, false, V4)
        .map(({ number }) => number)
        .sort(),
    ).to.deep.equal([0, 1]);
  });

  it('gives all shards it has where few of their records are of peers that may be given', () => {
    const mostlyOf = (flags: number): Shard[] =>
      upTo(1 << DEPTH).map((n) =>
        shardOf(
          numbersIn(n, DEPTH, 40).map((number, i) => recordOf(number, { flags: i < 2 ? 0 : flags })),
          { ...newHeader(n), depth: DEPTH },
        ),
      );
    const afterMany = new SwarmViews(Math.random).look(KEY, mostlyOf(STOPPED), 500);
    expect(afterMany.shardsFor(shardAt(0), 10, false, V4)).to.have.length(1 << DEPTH);
    const ofSeeders = new SwarmViews(Math.random).look(KEY, mostlyOf(SEEDER), 500);
    expect(ofSeeders.shardsFor(shardAt(0), 10, true, V4)).to.have.length(1 << DEPTH);
    expect(ofSeeders.shardsFor(shardAt(0), 10, false, V4)).to.have.length(2);
    const expired = new SwarmViews(Math.random).look(KEY, whole(), 5000);
    expect(expired.shardsFor(shardAt(0), 10, false, V4)).to.have.length(1 << DEPTH);
  });

  it('is of use to several announces at once, each with the shard of its own', () => {
    const depth = 6;
    const views = new SwarmViews(() => 0.5);
    lookTwice(
      views,
      upTo(16).map((n) => shardAt(n, depth, 5)),
    );
    const [one, other] = [shardAt(40, depth, 22), shardAt(41, depth, 7)];
    const view = views.current(KEY, one, 500);
    expect(views.current(KEY, other, 500)).to.equal(view);
    views.current(KEY, shardAt(3, depth, 5), 500);
    for (const [own, peers] of [
      [one, 22],
      [other, 7],
    ] as const) {
      expect(view?.shardsFor(own, 5, false, V4)[0]).to.equal(own);
      expect(view?.countsWith(own).leechers).to.equal(Math.round(((80 + peers) * 64) / 17));
    }
  });
});
