import { expect } from 'chai';

import { emptySummary, type PurgeSummary } from '../../lib/purge/summary.js';
import { SwarmPurge } from '../../lib/purge/swarm-purge.js';
import { announce, KEY, SwarmHarness } from '../swarm/support/swarm-harness.js';

const MONTH = 30 * 86_400;
const completed = { state: 'seeder', event: 'completed' } as const;

async function clean(harness: SwarmHarness): Promise<PurgeSummary> {
  const { store, clock, log } = harness;
  const rules = { peerLifetimeSeconds: 2700, shardPeers: 192, downloadsLifetimeSeconds: MONTH };
  const summary = emptySummary();
  await new SwarmPurge({ store, clock, log, ...rules }).clean(KEY, [0], summary);
  return summary;
}

/** A swarm with one download, whose only peer is about to expire. */
async function swarmWithDownload(): Promise<SwarmHarness> {
  const harness = new SwarmHarness();
  const swarms = harness.process();
  await announce(swarms, 1, { event: 'started' });
  await announce(swarms, 1, completed);
  harness.pass(2701);
  return harness;
}

const downloads = async (harness: SwarmHarness): Promise<number> => (await harness.scrape()).downloads;

describe('the downloads of a swarm', () => {
  it('are kept for a month after a purge found it empty, and then gone without a trace', async () => {
    const harness = await swarmWithDownload();
    expect((await clean(harness)).shardsRemoved).to.equal(0);
    harness.pass(MONTH - 1);
    expect((await clean(harness)).shardsRemoved).to.equal(0);
    expect(await downloads(harness)).to.equal(1);
    harness.pass(1);
    expect((await clean(harness)).shardsRemoved).to.equal(1);
    expect(await downloads(harness)).to.equal(0);
    expect(await harness.keys()).to.deep.equal([]);
  });

  it('are kept for a month anew when peers came meanwhile', async () => {
    const harness = await swarmWithDownload();
    await clean(harness);
    harness.pass(MONTH - 100);
    await announce(harness.process(), 2);
    harness.pass(2701);
    await clean(harness);
    harness.pass(MONTH - 1);
    await clean(harness);
    expect(await downloads(harness)).to.equal(1);
    harness.pass(1);
    await clean(harness);
    expect(await downloads(harness)).to.equal(0);
  });

  it('are kept while a peer is there, and where it comes as they are about to go', async () => {
    const harness = await swarmWithDownload();
    await clean(harness);
    harness.pass(MONTH);
    const remove = harness.store.remove.bind(harness.store);
    harness.store.remove = async (...args) => {
      await announce(harness.process(), 2);
      await remove(...args);
    };
    await clean(harness);
    expect(await downloads(harness)).to.equal(1);
    expect((await harness.scrape()).counts.leechers).to.equal(1);
  });

  it('cost a swarm that has none nothing: it is removed at once', async () => {
    const harness = new SwarmHarness();
    await announce(harness.process(), 1);
    harness.pass(2701);
    expect((await clean(harness)).shardsRemoved).to.equal(1);
    expect(await harness.keys()).to.deep.equal([]);
  });

  it('are written once by the purges of a month', async () => {
    const harness = await swarmWithDownload();
    await clean(harness);
    harness.pass(1800);
    const taken = await harness.operationsOf(() => clean(harness));
    expect(taken).to.deep.equal({ fetch: 1, count: 1 });
  });

  it('are summed up by a purge as long as they are kept, also where no peer is left', async () => {
    const harness = await swarmWithDownload();
    expect((await clean(harness)).downloads).to.equal(1);
    harness.pass(MONTH - 1);
    const summary = await clean(harness);
    expect([summary.downloads, summary.swarms]).to.deep.equal([1, 0]);
    harness.pass(1);
    expect((await clean(harness)).downloads).to.equal(0);
  });

  it('stay where the root shard is damaged, or the store cannot forget', async () => {
    const damaged = await swarmWithDownload();
    await damaged.overwrite(KEY, Buffer.alloc(20, 1));
    await clean(damaged);
    expect(await downloads(damaged)).to.equal(1);
    const harness = await swarmWithDownload();
    Object.defineProperty(harness.store, 'removeCount', { value: undefined });
    expect((await clean(harness)).shardsRemoved).to.equal(1);
    expect(await downloads(harness)).to.equal(1);
  });
});
