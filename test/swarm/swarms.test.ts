import { expect } from 'chai';

import { StoreUnavailableError } from '../../lib/store/errors.js';
import { ShardFormatError } from '../../lib/swarm/shard/header.js';
import type { Fault } from '../support/memory-store.js';
import { damaged, ofNewerFormat } from './support/damage.js';
import { v4Of, v6Of } from './support/peers.js';
import { announce, fill, KEY, numbersOf, SwarmHarness, upTo } from './support/swarm-harness.js';

describe('an announce', () => {
  it('is answered with the other peers of its swarm and with counts that have the peer in', async () => {
    const swarms = new SwarmHarness().process();
    await announce(swarms, 1, { state: 'seeder' });
    await announce(swarms, 2, { state: 'partial-seed' });
    await announce(swarms, 9, { infohash: Buffer.alloc(20) });
    const answer = await announce(swarms, 3);
    expect(numbersOf(answer)).to.deep.equal([1, 2]);
    expect(answer.counts).to.deep.equal({ seeders: 1, leechers: 1, partialSeeds: 1 });
  });

  it('of a seeder is answered with downloaders only', async () => {
    const swarms = new SwarmHarness().process();
    await announce(swarms, 1, { state: 'seeder' });
    await announce(swarms, 2, { state: 'partial-seed' });
    await announce(swarms, 3);
    expect(numbersOf(await announce(swarms, 4, { state: 'seeder' }))).to.deep.equal([3]);
  });

  it('is seen by every other process as soon as it is answered', async () => {
    const harness = new SwarmHarness();
    await announce(harness.process(), 1);
    expect(numbersOf(await announce(harness.process(), 2))).to.deep.equal([1]);
  });

  it('over a second address does not make a second peer', async () => {
    const swarms = new SwarmHarness().process();
    await announce(swarms, 1, { state: 'seeder' });
    const { counts, peers } = await announce(swarms, 1, { address: v6Of(1), state: 'seeder' });
    expect(counts).to.deep.equal({ seeders: 1, leechers: 0, partialSeeds: 0 });
    expect(peers.v4).to.have.length(0);
  });
});

describe('a stopped peer', () => {
  it('is answered with counts that it is not in, and with no peers', async () => {
    const swarms = new SwarmHarness().process();
    await announce(swarms, 1);
    await announce(swarms, 2, { state: 'seeder' });
    const answer = await announce(swarms, 1, { event: 'stopped' });
    expect(answer.counts).to.deep.equal({ seeders: 1, leechers: 0, partialSeeds: 0 });
    expect(answer.peers).to.deep.equal({ v4: new Uint8Array(0), v6: new Uint8Array(0) });
  });

  it('is never returned or counted again', async () => {
    const harness = new SwarmHarness();
    const swarms = harness.process();
    await announce(swarms, 1);
    await announce(swarms, 1, { event: 'stopped' });
    for (const process of [swarms, harness.process()]) {
      const answer = await announce(process, 2);
      expect(numbersOf(answer)).to.deep.equal([]);
      expect(answer.counts.leechers).to.equal(1);
    }
    expect((await harness.scrape()).counts.leechers).to.equal(1);
  });

  it('is back when it starts again', async () => {
    const swarms = new SwarmHarness().process();
    await announce(swarms, 1);
    await announce(swarms, 1, { event: 'stopped' });
    await announce(swarms, 1, { event: 'started' });
    expect(numbersOf(await announce(swarms, 2))).to.deep.equal([1]);
  });

  it('that nobody knew writes nothing and leaves no swarm behind', async () => {
    const harness = new SwarmHarness();
    const swarms = harness.process();
    const stop = (): Promise<unknown> => announce(swarms, 1, { event: 'stopped' });
    expect(await harness.operationsOf(stop)).to.deep.equal({ fetch: 1 });
    expect(await harness.keys()).to.deep.equal([]);
  });

  it('reads no shard but its own, however large the swarm is', async function () {
    this.timeout(30_000);
    const harness = new SwarmHarness({ shardPeers: 16 });
    await fill(harness.process(), upTo(600));
    const swarms = harness.process();
    // To learn how deep the swarm is.
    for (const number of upTo(20)) await announce(swarms, number);
    harness.pass(6);
    const fetches: number[] = [];
    for (const number of upTo(30).map((i) => 100 + i)) {
      harness.pass(6);
      const taken = await harness.operationsOf(() => announce(swarms, number, { event: 'stopped' }));
      fetches.push(taken.fetch ?? 0);
    }
    // One where the depth is guessed right, one or two more where it is not.
    expect(fetches.filter((count) => count === 1).length, fetches.join(' ')).to.be.above(15);
    expect(Math.max(...fetches), fetches.join(' ')).to.be.at.most(3);
  });

  it('stays in if only somebody at another address says that it stopped', async () => {
    const swarms = new SwarmHarness().process();
    await announce(swarms, 1);
    await announce(swarms, 1, { address: v4Of(66), event: 'stopped' });
    expect(numbersOf(await announce(swarms, 2))).to.deep.equal([1]);
  });
});

describe('a peer that falls silent', () => {
  it('lives exactly as long as the lifetime', async () => {
    const harness = new SwarmHarness({ peerLifetimeSeconds: 100 });
    await announce(harness.process(), 1, { state: 'seeder' });
    harness.pass(99);
    const before = await announce(harness.process(), 2, { event: 'stopped' });
    expect(before.counts.seeders).to.equal(1);
    expect((await harness.scrape()).counts.seeders).to.equal(1);
    expect(numbersOf(await announce(harness.process(), 3))).to.deep.equal([1]);
    harness.pass(1);
    const after = await announce(harness.process(), 4);
    expect(after.counts.seeders).to.equal(0);
    expect(numbersOf(after)).to.deep.equal([3]);
    expect((await harness.scrape()).counts.seeders).to.equal(0);
  });

  it('is dropped from the store by the next write', async () => {
    const harness = new SwarmHarness({ peerLifetimeSeconds: 100 });
    await announce(harness.process(), 1);
    harness.pass(100);
    await announce(harness.process(), 2);
    const [shard] = await harness.shardsAt(KEY);
    expect(shard?.count).to.equal(1);
  });

  it('expires in a shard that is remembered, too', async () => {
    const harness = new SwarmHarness({
      peerLifetimeSeconds: 100,
      unwrittenSeconds: 50,
      warmMilliseconds: 1e9,
    });
    const swarms = harness.process();
    await announce(swarms, 1);
    harness.pass(60);
    await announce(swarms, 2);
    harness.pass(40);
    const answer = await announce(swarms, 2);
    expect(answer.counts.leechers).to.equal(1);
    expect(numbersOf(answer)).to.deep.equal([]);
  });
});

describe('a store that fails', () => {
  it('fails the announces that wait for it, and the next one works', async () => {
    for (const operation of ['fetch', 'put'] as const) {
      let fails = true;
      const harness = new SwarmHarness(
        {},
        { fault: (called) => (fails && called === operation ? 'before' : 'none') },
      );
      const swarms = harness.process();
      const results = await Promise.allSettled(upTo(5).map((number) => announce(swarms, number)));
      for (const result of results) {
        expect(result.status).to.equal('rejected');
        if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(StoreUnavailableError);
      }
      fails = false;
      const answer = await announce(swarms, 9);
      expect(answer.counts.leechers).to.equal(1);
    }
  });

  it('does not hurt other swarms', async () => {
    const harness = new SwarmHarness({}, { fault: (_, key) => (key === KEY ? 'before' : 'none') });
    const swarms = harness.process();
    const failed = announce(swarms, 1).then(
      () => false,
      () => true,
    );
    const other = await announce(swarms, 1, { infohash: Buffer.alloc(20) });
    expect(other.counts.leechers).to.equal(1);
    expect(await failed).to.equal(true);
  });

  it('makes the process forget what it remembered, as the write may have been stored', async () => {
    let next: Fault = 'none';
    const harness = new SwarmHarness({}, { fault: (operation) => (operation === 'put' ? next : 'none') });
    const swarms = harness.process();
    await announce(swarms, 1);
    next = 'after';
    await announce(swarms, 2).catch(() => undefined);
    next = 'none';
    expect(numbersOf(await announce(swarms, 3))).to.deep.equal([1, 2]);
  });
});

describe('stored bytes', () => {
  it('that are damaged are logged, and healed by the announces that follow', async () => {
    const harness = new SwarmHarness();
    await announce(harness.process(), 1);
    const { values } = await harness.store.fetch(KEY);
    for (const value of values) await harness.overwrite(KEY, damaged(value));
    const answer = await announce(harness.process(), 2);
    expect(answer.counts.leechers).to.equal(1);
    expect(harness.log.lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal([
      'error shard damaged',
    ]);
    await announce(harness.process(), 1);
    const shards = await harness.shardsAt(KEY);
    expect(shards.map(({ count }) => count)).to.deep.equal([2]);
    expect(harness.log.lines).to.have.length(1);
  });

  it('of a newer format are refused and not written over', async () => {
    for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
      const harness = new SwarmHarness({}, { concurrency });
      const warm = harness.process();
      await announce(warm, 1);
      const { values } = await harness.store.fetch(KEY);
      const newer = ofNewerFormat(Buffer.concat(values));
      await harness.overwrite(KEY, newer);
      for (const swarms of [warm, harness.process()]) {
        const refused = await announce(swarms, 2).catch((error: unknown) => error);
        expect(refused).to.be.instanceOf(ShardFormatError);
      }
      const held = await harness.store.fetch(KEY);
      expect(held.values.some((value) => newer.equals(value))).to.equal(true);
    }
  });
});
