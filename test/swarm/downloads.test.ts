import { expect } from 'chai';

import { StoreUnavailableError } from '../../lib/store/errors.js';
import { V4 } from '../../lib/swarm/shard/peer-record.js';
import type { Fault } from '../support/memory-store.js';
import { numbersIn, recordOf, v6Of } from './support/peers.js';
import { announce, fill, KEY, SwarmHarness, upTo } from './support/swarm-harness.js';

describe('a completed download', () => {
  const downloads = async (harness: SwarmHarness): Promise<number> => (await harness.scrape()).downloads;
  const completed = { state: 'seeder', event: 'completed' } as const;

  it('counts once, however often and through however many processes it is announced', async () => {
    const harness = new SwarmHarness();
    const swarms = harness.process();
    await announce(swarms, 1, { event: 'started' });
    for (let i = 0; i < 3; i++) await announce(swarms, 1, completed);
    await announce(harness.process(), 1, completed);
    await announce(swarms, 1, { state: 'seeder' });
    expect(await downloads(harness)).to.equal(1);
  });

  it('counts for each peer', async () => {
    const harness = new SwarmHarness();
    const swarms = harness.process();
    await fill(swarms, upTo(20));
    await fill(swarms, upTo(20), () => completed);
    expect(await downloads(harness)).to.equal(20);
  });

  it('does not count without a leecher before it', async () => {
    const harness = new SwarmHarness();
    await announce(harness.process(), 1, completed);
    await announce(harness.process(), 2, { state: 'seeder', event: 'started' });
    await announce(harness.process(), 2, completed);
    expect(await downloads(harness)).to.equal(0);
  });

  it('counts through a process that does not know yet that the peer was a leecher', async () => {
    const harness = new SwarmHarness();
    const other = harness.process();
    await announce(other, 2);
    await announce(harness.process(), 1);
    await announce(other, 1, completed);
    expect(await downloads(harness)).to.equal(1);
  });

  for (const [what, header, leechers, warmBytes] of [
    ['another process has split its shard and not moved it yet', { depth: 1, misplaced: true }, 11, 1e9],
    // The child is there already, but its parent still answers for all. Only the depth is cached.
    ['another process is splitting its shard', { depth: 0 }, 6, 0],
  ] as const) {
    it(`counts though ${what}`, async () => {
      const harness = new SwarmHarness({ shardPeers: 8, warmBytes });
      const swarms = harness.process();
      const [completes = 0, ...others] = numbersIn(1, 1, 6);
      await fill(swarms, [...others, ...numbersIn(0, 1, 6)]);
      const [root] = await harness.shardsAt(KEY);
      expect(root?.header.depth).to.equal(1);
      if (root === undefined) return;
      // The peer has announced as a leecher to where its shard was.
      const seen = harness.milliseconds / 1000;
      const withPeer = root.with(V4, recordOf(completes, { seen })).withHeader({ ...root.header, ...header });
      await harness.overwrite(KEY, withPeer.seal());
      await announce(swarms, completes, completed);
      expect(await downloads(harness)).to.equal(1);
      expect((await harness.scrape()).counts).to.deep.equal({ seeders: 1, leechers, partialSeeds: 0 });
    });
  }

  it('counts once for a peer that announces from two addresses, one after the other or at once', async () => {
    for (const atOnce of [false, true]) {
      const harness = new SwarmHarness();
      const swarms = harness.process();
      const second = { address: v6Of(1) };
      await announce(swarms, 1);
      await announce(swarms, 1, second);
      const first = announce(swarms, 1, completed);
      if (!atOnce) await first;
      await Promise.all([first, announce(swarms, 1, { ...second, ...completed })]);
      expect(await downloads(harness)).to.equal(1);
    }
  });

  for (const shardPeers of [192, 8]) {
    it(`counts once for a peer with two addresses whose client repeats a stop, with ${shardPeers} peers a shard`, async () => {
      const harness = new SwarmHarness({ shardPeers });
      const swarms = harness.process();
      for (const number of upTo(12)) await announce(swarms, number);
      const stopped = { state: 'seeder', event: 'stopped' } as const;
      const second = { address: v6Of(1) };
      for (const changes of [
        { ...second, event: 'started' },
        { event: 'started' },
        completed,
        stopped,
        stopped,
        { ...second, ...completed },
        { ...second, ...stopped },
      ] as const) {
        harness.pass(1);
        await announce(swarms, 1, changes);
      }
      expect(await downloads(harness)).to.equal(1);
    });
  }

  it('does not count again after the peer stopped and started as a seeder', async () => {
    const harness = new SwarmHarness();
    const swarms = harness.process();
    await announce(swarms, 1);
    await announce(swarms, 1, completed);
    await announce(swarms, 1, { state: 'seeder', event: 'stopped' });
    await announce(swarms, 1, { state: 'seeder', event: 'started' });
    await announce(swarms, 1, completed);
    expect(await downloads(harness)).to.equal(1);
  });

  it('counts again for a peer that started over as a leecher', async () => {
    const harness = new SwarmHarness();
    const swarms = harness.process();
    for (let i = 0; i < 2; i++) {
      await announce(swarms, 1, { event: 'started' });
      await announce(swarms, 1, completed);
      await announce(swarms, 1, { state: 'seeder', event: 'stopped' });
    }
    expect(await downloads(harness)).to.equal(2);
  });

  it('never counts twice though answers are lost and the client tries again', async () => {
    for (const fault of ['before', 'after'] as const) {
      let next: Fault = 'none';
      const harness = new SwarmHarness({}, { fault: (operation) => (operation === 'put' ? next : 'none') });
      const swarms = harness.process();
      await announce(swarms, 1);
      next = fault;
      const lost = await announce(swarms, 1, completed).catch((error: unknown) => error);
      expect(lost).to.be.instanceOf(StoreUnavailableError);
      next = 'none';
      await announce(swarms, 1, completed);
      await announce(swarms, 1, completed);
      expect(await downloads(harness)).to.be.at.most(1);
      if (fault === 'before') expect(await downloads(harness)).to.equal(1);
    }
  });

  it('is answered though it could not be counted, with a log line', async () => {
    const harness = new SwarmHarness(
      {},
      { fault: (operation) => (operation === 'increment' ? 'before' : 'none') },
    );
    const swarms = harness.process();
    await announce(swarms, 1);
    const { counts } = await announce(swarms, 1, completed);
    expect(counts.seeders).to.equal(1);
    expect(harness.log.lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal([
      'error download not counted',
    ]);
    expect(harness.log.lines[0]?.fields['cause']).to.be.instanceOf(StoreUnavailableError);
  });
});
