import { expect } from 'chai';

import type { Finding } from '../../../lib/finding.js';
import { examineGateway } from '../../../lib/doctor/gateway/examine.js';
import { startTracker, type TrackerProcess } from '../../support/tracker-process.js';

describe('the doctor at a standalone process', () => {
  let tracker: TrackerProcess;

  before(async function () {
    this.timeout(90_000);
    tracker = await startTracker();
  });

  after(() => tracker.dispose());

  it('finds nothing wrong: its page is no fault, and a request line that is no HTTP may be refused by status', async () => {
    const findings: Finding[] = [];
    for await (const finding of examineGateway(tracker.url())) findings.push(finding);
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).to.deep.equal([]);
    expect(findings.length).to.be.at.least(8);
  });
}).timeout(30_000);
