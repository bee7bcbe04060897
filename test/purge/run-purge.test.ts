import { expect } from 'chai';

import { fetchReport, REPORT_KEY } from '../../lib/purge/report.js';
import { runPurge } from '../../lib/purge/run-purge.js';
import { SwarmHarness } from '../swarm/support/swarm-harness.js';
import { componentsOf, infohashOf, populate } from './purging.js';

describe('a whole purge in one process', () => {
  it('keeps its report in the store, in the place of the one before', async () => {
    const harness = new SwarmHarness();
    await populate(harness, new Map([[1, 3]]));
    const first = await runPurge(componentsOf(harness), { parallelism: 2 });
    expect(await fetchReport(harness.store)).to.deep.equal(first);

    await populate(harness, new Map([[2, 6]]));
    const second = await runPurge(componentsOf(harness), { parallelism: 2 });
    expect(second).to.include({ swarms: 2, peers: 9, seeders: 3, leechers: 6 });
    expect(second?.largest).to.deep.equal([
      { infohash: infohashOf(2).toString('hex'), peers: 6 },
      { infohash: infohashOf(1).toString('hex'), peers: 3 },
    ]);
    expect(await fetchReport(harness.store)).to.deep.equal(second);
    expect((await harness.store.fetch(REPORT_KEY)).values).to.have.length(1);
  });

  it('says when it began and ended, in UTC', async () => {
    const harness = new SwarmHarness();
    const report = await runPurge(componentsOf(harness), { parallelism: 1 });
    expect(report?.startedAt).to.equal(new Date(harness.milliseconds).toISOString());
    expect(report?.finishedAt).to.equal(new Date(harness.milliseconds).toISOString());
    expect(report?.seconds).to.equal(0);
  });

  it('stops between slices when it is asked to, and then reports nothing', async () => {
    const harness = new SwarmHarness();
    await populate(harness, new Map([[1, 3]]));
    expect(await runPurge(componentsOf(harness), { parallelism: 1, isStopped: () => true })).to.equal(
      undefined,
    );
    expect(await fetchReport(harness.store)).to.equal(undefined);
  });

  it('does not take its own report for a swarm', async () => {
    const harness = new SwarmHarness();
    await runPurge(componentsOf(harness), { parallelism: 1 });
    const report = await runPurge(componentsOf(harness), { parallelism: 1 });
    expect(report).to.include({ shards: 0, failures: 0, shardsRemoved: 0 });
  });
});

describe('the last report', () => {
  it('is none where nothing was purged yet, or what is stored is no report', async () => {
    const harness = new SwarmHarness();
    expect(await fetchReport(harness.store)).to.equal(undefined);
    await harness.store.put(REPORT_KEY, Buffer.from('{'));
    expect(await fetchReport(harness.store)).to.equal(undefined);
  });
});
