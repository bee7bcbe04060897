import { expect } from 'chai';

import { hexPeerIdOf, upTo } from './support/numbered.js';
import { LIFETIME_SECONDS, Regions, SHARD_PEERS } from './support/regions.js';

const STEP_SECONDS = 30;
const INTERVAL_SECONDS = 1800;
const LAG_SECONDS = 20;
/** Bytes of a shard of IPv4 peers with this many records. */
const shardBytes = (records: number): number => 20 + records * 31;

/** What a peer has done so far, seconds. */
interface Peer {
  readonly number: number;
  readonly swarm: number;
  region: number;
  nextAt: number;
  announcedAt: number;
  stoppedAt: number | undefined;
  crashed: boolean;
}

/** Swarms of many and of few peers, and what the regions are expected to have of them. */
class Population {
  readonly peers: Peer[];
  /** Downloads that were told to one region each. */
  downloads = 0;

  constructor(
    private readonly regions: Regions,
    large: number,
    small: number,
  ) {
    const count = regions.all.length;
    this.peers = upTo(large + small * 3).map((number) => ({
      number,
      swarm: number < large ? 0 : 1 + Math.floor((number - large) / 3),
      region: number % count,
      nextAt: this.chance() * INTERVAL_SECONDS,
      announcedAt: -Infinity,
      stoppedAt: undefined,
      crashed: false,
    }));
  }

  /** Announces of one step, some at a time. */
  async step(cut: number | undefined): Promise<void> {
    const { regions } = this;
    const due = this.peers.filter(
      ({ nextAt, stoppedAt, crashed }) => nextAt <= regions.seconds && stoppedAt === undefined && !crashed,
    );
    await Promise.all(due.map((peer) => this.act(peer, cut)));
  }

  private async act(peer: Peer, cut: number | undefined): Promise<void> {
    const { regions } = this;
    const isNew = peer.announcedAt === -Infinity;
    const lot = this.chance();
    // A client goes to another region now and then, but never to or from one that is cut off, where
    // its last announce may not be known.
    if (!isNew && lot < 0.1 && cut === undefined) peer.region = (peer.region + 1) % regions.all.length;
    if (!isNew && lot > 0.93) {
      await regions.announce(peer.region, peer.swarm, peer.number, { event: 'stopped' });
      peer.stoppedAt = regions.seconds;
    } else if (!isNew && lot > 0.86) {
      peer.crashed = true;
    } else {
      await regions.announce(peer.region, peer.swarm, peer.number, { event: isNew ? 'started' : 'none' });
      peer.announcedAt = regions.seconds;
      peer.nextAt = regions.seconds + INTERVAL_SECONDS * (1 + this.chance() / 10);
    }
  }

  /** Peers that must be found, and peers that must not, in every region that is not cut off. */
  async expectFound(cut: number | undefined): Promise<void> {
    const { regions } = this;
    for (const swarm of new Set(this.peers.map((peer) => peer.swarm))) {
      for (const region of regions.all.keys()) {
        const found = await regions.found(region, swarm);
        for (const peer of this.peers) {
          if (peer.swarm !== swarm || peer.announcedAt === -Infinity) continue;
          // What went to another region may not have come yet, or not come at all.
          const known = region === peer.region || (cut === undefined && this.hasArrived(peer));
          if (!known) continue;
          const is = `peer ${peer.number} in region ${region} at ${regions.seconds}: ${JSON.stringify(peer)}`;
          const isFound = found.has(hexPeerIdOf(peer.number));
          if (peer.stoppedAt !== undefined) expect(isFound, is).to.equal(false);
          else if (regions.seconds - peer.announcedAt < LIFETIME_SECONDS - 120) {
            expect(isFound, is).to.equal(true);
          }
        }
      }
    }
  }

  /** How many peers of a swarm are live; those whose life ends at about this time may be either. */
  live(swarm: number): { least: number; most: number } {
    const age = (peer: Peer): number => this.regions.seconds - peer.announcedAt;
    const there = this.peers.filter((peer) => peer.swarm === swarm && peer.stoppedAt === undefined);
    return {
      least: there.filter((peer) => age(peer) < LIFETIME_SECONDS - 120).length,
      most: there.filter((peer) => age(peer) < LIFETIME_SECONDS + 120).length,
    };
  }

  private hasArrived({ announcedAt, stoppedAt }: Peer): boolean {
    return this.regions.seconds - (stoppedAt ?? announcedAt) > LAG_SECONDS + STEP_SECONDS;
  }

  private chance(): number {
    return this.regions.random();
  }
}

describe('clusters of Riak in several regions that exchange their objects', function () {
  this.timeout(180_000);

  const cases = [
    { skews: [0, 0], large: 260, small: 20 },
    { skews: [30, -30], large: 180, small: 20 },
    { skews: [0, 30, -30], large: 150, small: 10 },
  ];
  for (const { skews, large, small } of cases) {
    it(`lose no peer and bring none back in ${skews.length} regions with clocks ahead by ${skews.join(', ')} s, whatever a link does for ten minutes`, async () => {
      const regions = await Regions.start({ skews, lagSeconds: LAG_SECONDS, repeated: 0.2 });
      try {
        const population = new Population(regions, large, small);
        const hour = 3600;
        while (regions.seconds < 2 * hour) {
          const { seconds } = regions;
          const isCut = seconds >= 0.75 * hour && seconds < 0.75 * hour + 600;
          if (seconds === 0.75 * hour) regions.link.cut(1);
          if (seconds === 0.75 * hour + 600) {
            regions.link.restore(1);
            regions.link.compareAll();
          }
          await population.step(isCut ? 1 : undefined);
          if (seconds % 1800 === 900) for (const region of regions.all.keys()) await regions.purge(region);
          regions.pass(STEP_SECONDS);
          const wasCut = seconds >= 0.75 * hour && seconds <= 0.75 * hour + 660;
          if (seconds % 600 === 0) await population.expectFound(wasCut ? 1 : undefined);
        }
        regions.pass(LAG_SECONDS + 1);
        for (const region of regions.all.keys()) {
          await regions.purge(region);
          regions.pass(LAG_SECONDS + 1);
        }
        await population.expectFound(undefined);
        for (const region of regions.all.keys()) {
          for (const swarm of [0, 1, 2, 3]) {
            const { counts } = await regions.scrape(region, swarm);
            const { least, most } = population.live(swarm);
            expect(counts.leechers, `region ${region}, swarm ${swarm}`).to.be.within(least, most);
          }
          const { peak } = regions.all[region]?.double ?? expect.fail('no region');
          // Each region writes a version of its own beside those that it has seen.
          expect(peak.siblings, 'siblings').to.be.at.most(2 * regions.all.length);
          expect(peak.objectBytes, 'bytes of an object').to.be.at.most(
            2 * regions.all.length * shardBytes(SHARD_PEERS),
          );
        }
        expect(regions.log.lines).to.deep.equal([]);
        expect(regions.link.delivered).to.be.above(500);
      } finally {
        await regions.close();
      }
    });
  }

  describe('after another', () => {
    let regions: Regions;

    beforeEach(async () => {
      regions = await Regions.start({ skews: [0, 0], lagSeconds: LAG_SECONDS, repeated: 0.2 });
    });

    afterEach(async () => {
      await regions.close();
    });

    it('give a client whose region is gone the peers of both regions', async () => {
      for (const peer of upTo(20)) await regions.announce(peer % 2, 0, peer, { event: 'started' });
      regions.pass(LAG_SECONDS + 1);
      regions.link.cut(0);
      const { peers, counts } = await regions.announce(1, 0, 0);
      expect(counts.leechers).to.equal(20);
      expect(peers.v4.length / 6).to.equal(19);
    });

    it('keep a stop that the other region hears of later', async () => {
      await regions.announce(0, 0, 1, { event: 'started' });
      regions.pass(LAG_SECONDS + 1);
      await regions.announce(1, 0, 1, { event: 'stopped' });
      expect((await regions.scrape(1, 0)).counts.leechers).to.equal(0);
      regions.pass(LAG_SECONDS + 1);
      expect((await regions.scrape(0, 0)).counts.leechers).to.equal(0);
    });

    it('keep a peer that stops in a region that has not heard of it for its lifetime and no longer', async () => {
      await regions.announce(0, 0, 1, { event: 'started' });
      await regions.announce(1, 0, 1, { event: 'stopped' });
      regions.pass(LAG_SECONDS + 1);
      expect((await regions.scrape(1, 0)).counts.leechers).to.equal(1);
      regions.pass(LIFETIME_SECONDS);
      for (const region of [0, 1]) expect((await regions.scrape(region, 0)).counts.leechers).to.equal(0);
    });

    it('add up the downloads of both, and may count one twice that is told to both within the lag', async () => {
      for (const peer of [1, 2, 3]) await regions.announce(peer % 2, 0, peer, { event: 'started' });
      regions.pass(LAG_SECONDS + 1);
      for (const peer of [1, 2]) {
        await regions.announce(peer % 2, 0, peer, { event: 'completed', state: 'seeder' });
      }
      regions.pass(LAG_SECONDS + 1);
      await regions.announce(0, 0, 1, { event: 'completed', state: 'seeder' });
      regions.pass(LAG_SECONDS + 1);
      for (const region of [0, 1]) expect((await regions.scrape(region, 0)).downloads).to.equal(2);
      for (const region of [0, 1]) {
        await regions.announce(region, 0, 3, { event: 'completed', state: 'seeder' });
      }
      regions.pass(LAG_SECONDS + 1);
      for (const region of [0, 1]) expect((await regions.scrape(region, 0)).downloads).to.equal(4);
    });

    it('forget what was removed in one of them, and it does no harm if it comes back', async () => {
      for (const peer of upTo(4)) await regions.announce(0, 0, peer, { event: 'started' });
      regions.pass(LAG_SECONDS + 1);
      regions.link.cut(0);
      regions.pass(LIFETIME_SECONDS + 60);
      await regions.purge(0);
      regions.pass(10);
      await regions.purge(0);
      regions.link.restore(0);
      regions.link.compareAll();
      expect((await regions.scrape(0, 0)).counts.leechers).to.equal(0);
      await regions.announce(0, 0, 9, { event: 'started' });
      regions.pass(LAG_SECONDS + 1);
      for (const region of [0, 1]) expect((await regions.scrape(region, 0)).counts.leechers).to.equal(1);
    });
  });
});
