import { expect } from 'chai';

import { fetchReport } from '../../lib/purge/report.js';
import { Housekeeping } from '../../lib/standalone/housekeeping.js';
import { eventually } from '../support/eventually.js';
import { TrackerHarness } from '../tracker/tracker-harness.js';

describe('housekeeping', () => {
  it('purges soon after the start, however long PURGE_INTERVAL is', async () => {
    const { components, store } = new TrackerHarness({ PURGE_INTERVAL: '604800' });
    const housekeeping = new Housekeeping(components, 20);
    housekeeping.start();
    await eventually('a report is there', 5000, async () => (await fetchReport(store)) !== undefined);
    await housekeeping.stop();
  });

  it('purges never with an interval of 0', async () => {
    const { components, store } = new TrackerHarness({ PURGE_INTERVAL: '0' });
    const housekeeping = new Housekeeping(components, 1);
    housekeeping.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await housekeeping.stop();
    expect(await fetchReport(store)).to.equal(undefined);
  });
});
