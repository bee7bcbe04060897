import { expect } from 'chai';

import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { buildFirst } from './support/entry.js';

const TOO_MANY = 'd14:failure reason35:too many requests from your address8:retry ini1ee';

describe('the rate of an address over HTTP', function () {
  this.timeout(120_000);
  let tracker: TrackerProcess;

  buildFirst();

  before(async () => {
    tracker = await startTracker({
      ADDRESS_RATE: '1',
      ADDRESS_BURST: '5',
      TRUSTED_PROXIES: '127.0.0.0/8',
    });
  });

  after(() => tracker.dispose());

  async function ask(path: string, from?: string): Promise<string> {
    const query = `info_hash=${'%aa'.repeat(20)}&peer_id=-TT0001-abcdefghijkl&port=6881&left=1`;
    const headers = from === undefined ? {} : { 'X-Forwarded-For': from };
    return (await fetch(`${tracker.url()}/${path}?${query}`, { headers })).text();
  }

  it('is for announces and scrapes together, and tells when to come again', async () => {
    for (const path of ['announce', 'scrape', 'announce', 'scrape', 'announce']) {
      expect(await ask(path, '198.51.100.1')).to.not.contain('failure');
    }
    expect(await ask('announce', '198.51.100.1')).to.equal(TOO_MANY);
    expect(await ask('scrape', '198.51.100.1')).to.equal(TOO_MANY);
    expect(await ask('announce', '198.51.100.2')).to.not.contain('failure');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await ask('announce', '198.51.100.1')).to.not.contain('failure');
  });

  it('is that of a whole IPv6 network of 64 bits', async () => {
    for (let n = 1; n <= 5; n++) expect(await ask('announce', `2001:db8::${n}`)).to.not.contain('failure');
    expect(await ask('announce', '2001:db8::9')).to.equal(TOO_MANY);
    expect(await ask('announce', '2001:db8:0:1::9')).to.not.contain('failure');
  });

  it('is none for the machine of the tracker, and none for /health and the page', async () => {
    for (let n = 0; n < 20; n++) expect(await ask('announce')).to.not.contain('failure');
    for (let n = 0; n < 20; n++) expect((await fetch(`${tracker.url()}/health`)).status).to.equal(200);
  });
});
