import { expect } from 'chai';

import { emptySummary, type PurgeSummary } from '../../lib/purge/summary.js';
import { SwarmPurge } from '../../lib/purge/swarm-purge.js';
import { announce, KEY, Site } from '../swarm/support/site.js';

const MONTH = 30 * 86_400;
const completed = { state: 'seeder', event: 'completed' } as const;

async function clean(site: Site): Promise<PurgeSummary> {
  const { store, clock, log } = site;
  const rules = { peerLifetimeSeconds: 2700, shardPeers: 192, downloadsLifetimeSeconds: MONTH };
  const summary = emptySummary();
  await new SwarmPurge({ store, clock, log, ...rules }).clean(KEY, [0], summary);
  return summary;
}

/** A swarm with one download, whose only peer is about to expire. */
async function swarmWithDownload(): Promise<Site> {
  const site = new Site();
  const swarms = site.process();
  await announce(swarms, 1, { event: 'started' });
  await announce(swarms, 1, completed);
  site.pass(2701);
  return site;
}

const downloads = async (site: Site): Promise<number> => (await site.scrape()).downloads;

describe('the downloads of a swarm', () => {
  it('are kept for a month after a purge found it empty, and then gone without a trace', async () => {
    const site = await swarmWithDownload();
    expect((await clean(site)).shardsRemoved).to.equal(0);
    site.pass(MONTH - 1);
    expect((await clean(site)).shardsRemoved).to.equal(0);
    expect(await downloads(site)).to.equal(1);
    site.pass(1);
    expect((await clean(site)).shardsRemoved).to.equal(1);
    expect(await downloads(site)).to.equal(0);
    expect(await site.keys()).to.deep.equal([]);
  });

  it('are kept for a month anew when peers came meanwhile', async () => {
    const site = await swarmWithDownload();
    await clean(site);
    site.pass(MONTH - 100);
    await announce(site.process(), 2);
    site.pass(2701);
    await clean(site);
    site.pass(MONTH - 1);
    await clean(site);
    expect(await downloads(site)).to.equal(1);
    site.pass(1);
    await clean(site);
    expect(await downloads(site)).to.equal(0);
  });

  it('are kept while a peer is there, and where it comes as they are about to go', async () => {
    const site = await swarmWithDownload();
    await clean(site);
    site.pass(MONTH);
    const remove = site.store.remove.bind(site.store);
    site.store.remove = async (...args) => {
      await announce(site.process(), 2);
      await remove(...args);
    };
    await clean(site);
    expect(await downloads(site)).to.equal(1);
    expect((await site.scrape()).counts.leechers).to.equal(1);
  });

  it('cost a swarm that has none nothing: it is removed at once', async () => {
    const site = new Site();
    await announce(site.process(), 1);
    site.pass(2701);
    expect((await clean(site)).shardsRemoved).to.equal(1);
    expect(await site.keys()).to.deep.equal([]);
  });

  it('are written once by the purges of a month', async () => {
    const site = await swarmWithDownload();
    await clean(site);
    site.pass(1800);
    const taken = await site.operationsOf(() => clean(site));
    expect(taken).to.deep.equal({ fetch: 1, count: 1 });
  });

  it('are summed up by a purge as long as they are kept, also where no peer is left', async () => {
    const site = await swarmWithDownload();
    expect((await clean(site)).downloads).to.equal(1);
    site.pass(MONTH - 1);
    const summary = await clean(site);
    expect([summary.downloads, summary.swarms]).to.deep.equal([1, 0]);
    site.pass(1);
    expect((await clean(site)).downloads).to.equal(0);
  });

  it('stay where the root shard is damaged, or the store cannot forget', async () => {
    const damaged = await swarmWithDownload();
    await damaged.overwrite(KEY, Buffer.alloc(20, 1));
    await clean(damaged);
    expect(await downloads(damaged)).to.equal(1);
    const site = await swarmWithDownload();
    Object.defineProperty(site.store, 'removeCount', { value: undefined });
    expect((await clean(site)).shardsRemoved).to.equal(1);
    expect(await downloads(site)).to.equal(1);
  });
});
