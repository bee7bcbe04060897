import { expect } from 'chai';

import type { SwarmAnswer } from '../../lib/swarm/swarms.js';
import { peerIdOf } from './support/peers.js';
import { announce, fill, INFOHASH, SwarmHarness, upTo } from './support/swarm-harness.js';

const infohashes = (count: number): Buffer[] =>
  upTo(count).map((number) => {
    const infohash = Buffer.alloc(20);
    infohash.writeUInt32BE(number);
    return infohash;
  });

describe('the store operations of an announce', () => {
  it('are one fetch and one put where the swarm is not remembered', async () => {
    const harness = new SwarmHarness();
    expect(await harness.operationsOf(() => announce(harness.process(), 1))).to.deep.equal({
      fetch: 1,
      put: 1,
    });
    expect(await harness.operationsOf(() => announce(harness.process(), 2))).to.deep.equal({
      fetch: 1,
      put: 1,
    });
  });

  it('are one put where it is', async () => {
    const harness = new SwarmHarness();
    const swarms = harness.process();
    await announce(swarms, 1);
    harness.milliseconds += 4999;
    expect(await harness.operationsOf(() => announce(swarms, 2, { event: 'started' }))).to.deep.equal({
      put: 1,
    });
  });

  it('are a fetch again when what is remembered is older than it may be', async () => {
    const harness = new SwarmHarness();
    const swarms = harness.process();
    await announce(swarms, 1);
    harness.milliseconds += 5000;
    expect(await harness.operationsOf(() => announce(swarms, 2))).to.deep.equal({ fetch: 1, put: 1 });
  });

  it('are none for a re-announce that says nothing new and comes soon', async () => {
    const harness = new SwarmHarness({ warmMilliseconds: 1e9 });
    const swarms = harness.process();
    await announce(swarms, 1, { event: 'started' });
    harness.pass(899);
    expect(await harness.operationsOf(() => announce(swarms, 1))).to.deep.equal({});
    harness.pass(1);
    expect(await harness.operationsOf(() => announce(swarms, 1))).to.deep.equal({ put: 1 });
  });

  it('are one fetch for such a re-announce through another process', async () => {
    const harness = new SwarmHarness();
    await announce(harness.process(), 1);
    expect(await harness.operationsOf(() => announce(harness.process(), 1))).to.deep.equal({ fetch: 1 });
  });

  it('are far fewer than the announces when many come at once', async () => {
    for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
      const harness = new SwarmHarness({ shardPeers: 1000 }, { concurrency });
      const swarms = harness.process();
      const { fetch, put } = await harness.operationsOf(() =>
        Promise.all(upTo(200).map((number) => announce(swarms, number))),
      );
      expect(fetch).to.equal(1);
      expect(put).to.be.at.most(3);
      expect((await harness.scrape()).counts.leechers).to.equal(200);
    }
  });

  it('are one more for a download that is counted', async () => {
    const harness = new SwarmHarness();
    const swarms = harness.process();
    await announce(swarms, 1);
    const complete = (): Promise<unknown> => announce(swarms, 1, { state: 'seeder', event: 'completed' });
    expect(await harness.operationsOf(complete)).to.deep.equal({ fetch: 1, put: 1, increment: 1 });
    harness.pass(1);
    expect(await harness.operationsOf(complete)).to.deep.equal({ fetch: 1, put: 1 });
  });

  it('do not grow with the swarm: four, seldom a few more, where nothing is remembered of a large one', async function () {
    this.timeout(30_000);
    const harness = new SwarmHarness({ shardPeers: 32 });
    await fill(harness.process(), upTo(4000));
    expect((await harness.keys()).length).to.be.above(100);
    // A process that saw the swarm once knows about how deep it is. Where its guess is wrong it
    // takes a read or two more.
    const swarms = harness.process();
    await announce(swarms, 4000);
    const totals: number[] = [];
    let splits = 0;
    for (let number = 5000; number < 5100; number++) {
      harness.pass(6);
      const { fetch = 0, put = 0 } = await harness.operationsOf(() => announce(swarms, number));
      // An announce that splits a shard writes both halves, and its peer may have to go on to the
      // new one.
      expect(fetch + put).to.be.at.most(put === 1 ? 6 : 8);
      if (put > 1) splits++;
      else totals.push(fetch + put);
    }
    expect(totals.filter((total) => total > 4).length, totals.join(' ')).to.be.at.most(5);
    expect(splits).to.be.at.most(10);
  });

  it('stay few while somebody makes one shard as deep as it goes', async () => {
    const harness = new SwarmHarness();
    const swarms = harness.process();
    const flood = (port: number): Promise<SwarmAnswer> =>
      announce(swarms, 0, { peerId: peerIdOf(77_777), port });
    await fill(swarms, upTo(150));
    for (let port = 1; port <= 400; port++) await flood(port);
    let fetches = 0;
    for (let number = 1000; number < 1100; number++) {
      harness.pass(6);
      await flood(number);
      fetches += (await harness.operationsOf(() => announce(swarms, number))).fetch ?? 0;
    }
    expect(fetches / 100).to.be.below(3);
  });

  it('stay one or two for each announce to a large swarm that is busy', async function () {
    this.timeout(30_000);
    const harness = new SwarmHarness({ shardPeers: 32 });
    const swarms = harness.process();
    await fill(swarms, upTo(3000));
    let total = 0;
    for (let number = 3000; number < 3200; number++) {
      const taken = await harness.operationsOf(() => announce(swarms, number));
      total += (taken.fetch ?? 0) + (taken.put ?? 0);
    }
    expect(total / 200).to.be.below(2.5);
  });
});

describe('the shards that a process remembers', () => {
  it('are bounded by bytes, and the longest unused go first', async () => {
    const warmBytes = 20_000;
    const harness = new SwarmHarness({ warmBytes, warmMilliseconds: 1e9 });
    const swarms = harness.process();
    const all = infohashes(200);
    for (const infohash of all) await announce(swarms, 1, { infohash });
    const isWarm: boolean[] = [];
    for (const infohash of [...all].reverse()) {
      const taken = await harness.operationsOf(() => announce(swarms, 1, { infohash }));
      isWarm.push(taken.fetch === undefined);
    }
    const warm = isWarm.indexOf(false);
    expect(warm, 'the newest are still there').to.be.above(5);
    expect(warm, 'no more than fit').to.be.at.most(warmBytes / 31);
    expect(isWarm.slice(warm).includes(true), 'none of the older ones').to.equal(false);
  });

  it('keep the swarm that is announced to all the time', async () => {
    const harness = new SwarmHarness({ warmBytes: 20_000, warmMilliseconds: 1e9, shardPeers: 1000 });
    const swarms = harness.process();
    let fetches = 0;
    for (const [i, infohash] of infohashes(200).entries()) {
      await announce(swarms, 1, { infohash });
      const taken = await harness.operationsOf(() => announce(swarms, i, { infohash: INFOHASH }));
      fetches += taken.fetch ?? 0;
    }
    expect(fetches).to.equal(1);
  });

  it('are none with a bound of none', async () => {
    const harness = new SwarmHarness({ warmBytes: 0 });
    const swarms = harness.process();
    await announce(swarms, 1);
    expect(await harness.operationsOf(() => announce(swarms, 2))).to.deep.equal({ fetch: 1, put: 1 });
  });
});
