import { expect } from 'chai';

import type { Announcement } from '../../lib/swarm/operations/announce.js';
import type { SwarmAnswer, Swarms } from '../../lib/swarm/swarms.js';
import { SwarmPurge } from '../../lib/purge/swarm-purge.js';
import { emptySummary } from '../../lib/purge/summary.js';
import { hashPeerId, parseShardKey, shardAt } from '../../lib/swarm/shard/placement.js';
import { defined } from '../support/defined.js';
import { numbersIn, peerIdOf, v4Of, v6Of } from './support/peers.js';
import { announce, fill, KEY, SwarmHarness, upTo } from './support/swarm-harness.js';

type Family = 'v4' | 'v6';
type Changes = (number: number) => Partial<Announcement>;

const RARE = 10;
const rareNumbers = upTo(RARE).map((i) => 1_000_000 + i);
const addressIn = (family: Family, number: number): Buffer => (family === 'v4' ? v4Of(number) : v6Of(number));
const other = (family: Family): Family => (family === 'v4' ? 'v6' : 'v4');
const inFamily =
  (family: Family, changes: Partial<Announcement> = {}): Changes =>
  (number) => ({ address: addressIn(family, number), ...changes });

/** Numbers of the peers of one family in an answer, ascending. */
function numbersOf({ peers }: SwarmAnswer, family: Family): number[] {
  const bytes = Buffer.from(peers[family]);
  const size = family === 'v4' ? 6 : 18;
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    numbers.push(family === 'v4' ? bytes.readUInt32BE(at) - 0x0a000000 : bytes.readUInt32BE(at + 12));
  }
  return numbers.sort((a, b) => a - b);
}

/** A peer of a family announces and wants 50 peers. */
function ask(swarms: Swarms, number: number, family: Family): Promise<SwarmAnswer> {
  return announce(swarms, number, inFamily(family)(number));
}

/** A swarm with ten peers of a family, and many more of the other one. */
async function swarmWith(family: Family, others: number, isRareFirst = false): Promise<SwarmHarness> {
  const harness = new SwarmHarness();
  const swarms = harness.process();
  if (isRareFirst) await fill(swarms, rareNumbers, inFamily(family));
  await fill(swarms, upTo(others), inFamily(other(family)));
  if (!isRareFirst) await fill(swarms, rareNumbers, inFamily(family));
  return harness;
}

for (const family of ['v6', 'v4'] as const) {
  const common = other(family);
  for (const others of [1000, 20_000]) {
    describe(`ten peers of IP${family} among ${others} of IP${common}`, function () {
      this.timeout(60_000);
      let harness: SwarmHarness;
      before(async () => {
        harness = await swarmWith(family, others);
      });

      it('are in each of 60 replies to clients of their family, before any other peer', async () => {
        const swarms = harness.process();
        for (let i = 0; i < 60; i++) {
          const answer = await ask(swarms, 2_000_000 + i, family);
          // Those that asked before are there as well.
          const numbers = numbersOf(answer, family);
          if (i <= 40) expect(numbers).to.include.members(rareNumbers);
          expect(numbers).to.have.length(Math.min(50, RARE + i));
          expect(numbersOf(answer, common)).to.have.length(50 - numbers.length);
        }
        for (let i = 0; i < 60; i++)
          await announce(swarms, 2_000_000 + i, { ...inFamily(family)(2_000_000 + i), event: 'stopped' });
      });

      it('are in each of 60 replies of processes that know nothing yet', async () => {
        for (let i = 0; i < 60; i++) {
          const number = 3_000_000 + i;
          expect(numbersOf(await ask(harness.process(), number, family), family)).to.deep.equal(rareNumbers);
          await announce(harness.process(), number, { ...inFamily(family)(number), event: 'stopped' });
        }
      });

      it('find each other when they announce again, though only one of them is in most shards', async () => {
        harness.pass(1200);
        for (const number of rareNumbers) {
          const found = numbersOf(await ask(harness.process(), number, family), family);
          expect(found).to.deep.equal(rareNumbers.filter((each) => each !== number));
        }
      });

      it('are not in the way of the others, who get their own family', async () => {
        const swarms = harness.process();
        for (let i = 0; i < 20; i++) {
          const number = 4_000_000 + i;
          const taken = await harness.operationsOf(async () => {
            expect(numbersOf(await ask(swarms, number, common), common)).to.have.length(50);
          });
          expect(taken.put).to.be.at.most(3);
          await announce(swarms, number, { ...inFamily(common)(number), event: 'stopped' });
        }
      });
    });
  }
}

describe('the list of a rare address family', () => {
  for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
    it(`has no more than SHARD_PEERS, whoever writes it without having seen it, where a store ${concurrency === 'siblings' ? 'keeps siblings' : 'refuses a write'}`, async () => {
      const shardPeers = 48;
      const harness = new SwarmHarness({ shardPeers }, { concurrency });
      await fill(harness.process(), upTo(3000), inFamily('v4'));
      for (let number = 1_000_000; number < 1_000_200; number++) {
        harness.pass(1);
        await ask(harness.process(), number, 'v6');
        for (const list of await harness.shardsAt(`${KEY}.v6`)) {
          expect(list.count).to.be.at.most(shardPeers);
        }
      }
      // Who came last is in it.
      const lists = await harness.shardsAt(`${KEY}.v6`);
      const last = peerIdOf(1_000_199);
      expect(lists.some(({ bytes }) => Buffer.from(bytes).includes(last))).to.equal(true);
    }).timeout(60_000);
  }
});

describe('a rare address family', () => {
  const cold = async (
    harness: SwarmHarness,
    number: number,
    changes: Partial<Announcement> = {},
  ): Promise<number> => {
    const { fetch = 0, put = 0 } = await harness.operationsOf(() =>
      announce(harness.process(), number, { ...inFamily('v6', changes)(number) }),
    );
    return fetch + put;
  };

  it('costs a cold announce four operations at most, and a warm one two', async function () {
    this.timeout(30_000);
    const harness = await swarmWith('v6', 5000);
    const costs: number[] = [];
    for (let i = 0; i < 50; i++) costs.push(await cold(harness, 2_000_000 + i, { event: 'started' }));
    expect(Math.max(...costs)).to.equal(4);
    const swarms = harness.process();
    for (const number of [...rareNumbers, ...rareNumbers]) {
      await ask(swarms, number, 'v6');
      harness.pass(1000);
      await fill(swarms, [number], inFamily('v6'));
      harness.milliseconds += 1000;
      const taken = await harness.operationsOf(() =>
        announce(swarms, number, {
          ...inFamily('v6')(number),
          state: number % 2 === 0 ? 'seeder' : 'partial-seed',
        }),
      );
      expect((taken.fetch ?? 0) + (taken.put ?? 0)).to.be.at.most(2);
    }
  });

  it('is found at once by those who come after a swarm has split, though none of it announced again', async function () {
    this.timeout(30_000);
    for (const others of [300, 1000, 5000]) {
      const harness = await swarmWith('v6', others, true);
      expect(numbersOf(await ask(harness.process(), 2_000_000, 'v6'), 'v6')).to.deep.equal(rareNumbers);
    }
  });

  it('has no peer in replies once that has stopped', async () => {
    const harness = await swarmWith('v6', 1000);
    const [stopped = 0, ...left] = rareNumbers;
    await announce(harness.process(), stopped, { ...inFamily('v6')(stopped), event: 'stopped' });
    expect(numbersOf(await ask(harness.process(), 2_000_000, 'v6'), 'v6')).to.deep.equal(left);
  });

  it('has no peer in replies that has expired, though it is listed', async () => {
    const harness = await swarmWith('v6', 1000);
    harness.pass(2000);
    const swarms = harness.process();
    await fill(swarms, upTo(1000), inFamily('v4'));
    await fill(swarms, rareNumbers.slice(0, 3), inFamily('v6'));
    harness.pass(1000);
    // One that listens nowhere reads the list and does not write it.
    const deaf = await announce(swarms, 2_000_000, { ...inFamily('v6')(2_000_000), port: 0 });
    expect(numbersOf(deaf, 'v6')).to.deep.equal(rareNumbers.slice(0, 3));
    expect(numbersOf(await ask(swarms, 2_000_000, 'v6'), 'v6')).to.deep.equal(rareNumbers.slice(0, 3));
  });

  it('has no peer in replies that was listed and stopped after others made it common in its shard', async () => {
    const harness = await swarmWith('v6', 1000);
    const swarms = harness.process();
    const [stopped = 0, ...left] = rareNumbers;
    await fill(swarms, [stopped], inFamily('v6', { state: 'seeder' }));
    const depth = 3;
    const shard = shardAt(hashPeerId(peerIdOf(stopped)), depth);
    const others = numbersIn(shard, depth, 40, 5_000_000);
    await fill(swarms, others, inFamily('v6'));
    await announce(swarms, stopped, { ...inFamily('v6')(stopped), event: 'stopped' });
    const asking = numbersIn(shard ^ 1, depth, 1, 6_000_000)[0] ?? 0;
    const found = numbersOf(await ask(harness.process(), asking, 'v6'), 'v6');
    expect(found).to.include.members(left);
    expect(found).to.not.include(stopped);
  });

  it('gives seeders leechers only', async () => {
    const harness = await swarmWith('v6', 1000);
    const [seeder = 0, ...leechers] = rareNumbers;
    await fill(harness.process(), [seeder], inFamily('v6', { state: 'seeder' }));
    const answer = await announce(harness.process(), 2_000_000, {
      ...inFamily('v6')(2_000_000),
      state: 'seeder',
    });
    expect(numbersOf(answer, 'v6')).to.deep.equal(leechers);
  });

  it('is counted once though it is listed, and a peer with two addresses is one', async () => {
    const harness = new SwarmHarness();
    await fill(harness.process(), upTo(1000), inFamily('v4'));
    await fill(harness.process(), upTo(RARE), inFamily('v6'));
    expect((await harness.scrape()).counts.leechers).to.equal(1000);
  });

  it('has a list of no more records than a shard, in which newer peers take the place of old ones', async function () {
    this.timeout(30_000);
    const harness = new SwarmHarness({ shardPeers: 24 });
    const swarms = harness.process();
    await fill(swarms, upTo(1500), inFamily('v4'));
    const many = upTo(150).map((i) => 1_000_000 + i);
    const listed = new Set<number>();
    for (let round = 0; round < 12; round++) {
      harness.pass(1000);
      await fill(swarms, upTo(1500), inFamily('v4'));
      for (const number of many) {
        harness.milliseconds += 100;
        await fill(swarms, [number], inFamily('v6'));
      }
      const [list] = await harness.shardsAt(`${KEY}.v6`);
      expect(defined(list).count).to.be.at.most(24);
      for (let at = 0; at < defined(list).count; at++) {
        listed.add(defined(list).bytes.readUInt32BE(20 + at * 43 + 16));
      }
    }
    expect(listed.size).to.be.above(75);
  });

  it('leaves no list behind when it has left, after a purge', async () => {
    const harness = await swarmWith('v6', 1000);
    const { store, clock, log } = harness;
    const purge = new SwarmPurge({ store, clock, log, peerLifetimeSeconds: 2700, shardPeers: 192 });
    const clean = async (): Promise<void> => {
      const numbers = (await harness.keys()).map((key) => defined(parseShardKey(key)).number);
      await purge.clean(KEY, numbers, emptySummary());
    };
    await clean();
    expect(await harness.keys()).to.include(`${KEY}.v6`);
    harness.pass(2701);
    await clean();
    expect(await harness.keys()).to.not.include(`${KEY}.v6`);
  });

  it('does not fail an announce whose list cannot be written, and says so', async () => {
    const harness = await swarmWith('v6', 1000);
    const put = harness.store.put.bind(harness.store);
    harness.store.put = (key, ...rest) =>
      key.endsWith('.v6') ? Promise.reject(new Error('no')) : put(key, ...rest);
    const answer = await ask(harness.process(), 2_000_000, 'v6');
    expect(numbersOf(answer, 'v4').length + numbersOf(answer, 'v6').length).to.equal(50);
    expect(harness.log.lines.map(({ event }) => event)).to.deep.equal(['rare family not listed']);
  });

  it('leaves no more than a few siblings however many processes list their peers at once', async function () {
    this.timeout(30_000);
    const harness = await swarmWith('v6', 1000);
    for (let i = 0; i < 150; i++) {
      await ask(harness.process(), 2_000_000 + i, 'v6');
      expect((await harness.shardsAt(`${KEY}.v6`)).length).to.be.at.most(65);
    }
    const swarms = harness.process();
    await ask(swarms, 3_000_000, 'v6');
    await ask(swarms, 3_000_001, 'v6');
    expect(await harness.shardsAt(`${KEY}.v6`), 'after the second write of a process').to.have.length(1);
  });
});

describe('a peer of each family', () => {
  it('is given to others of its own first, from whichever of its addresses it asks', async () => {
    const harness = await swarmWith('v6', 1000);
    const swarms = harness.process();
    const number = 2_000_000;
    expect(numbersOf(await ask(swarms, number, 'v6'), 'v6')).to.deep.equal(rareNumbers);
    expect(numbersOf(await ask(swarms, number, 'v4'), 'v4')).to.have.length(50);
  });
});
