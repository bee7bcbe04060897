import { expect } from 'chai';

import { create } from '../../actions/stats.js';
import { create as createAnnounce } from '../../actions/announce.js';
import { TYPE_HEADER } from '../../lib/openwhisk/stats-action.js';
import type { WebActionParams, WebActionResult } from '../../lib/openwhisk/web-action.js';
import { runPurge } from '../../lib/purge/run-purge.js';
import type { Stats } from '../../lib/stats/stats.js';
import { announceOf, INFOHASH, TrackerHarness } from '../tracker/tracker-harness.js';

/** What the controller hands on for a page that was asked through the gateway. */
function paramsOf(target: string, headers: Readonly<Record<string, string>> = {}): WebActionParams {
  return {
    __ow_method: 'get',
    __ow_headers: {
      'x-original-uri': target,
      'x-real-ip': '192.0.2.1',
      'x-forwarded-host': 't.example',
      'x-forwarded-proto': 'https',
      ...headers,
    },
    __ow_path: '',
  };
}

const textIn = ({ body }: WebActionResult): string => Buffer.from(body, 'base64').toString();
const statsIn = (result: WebActionResult): Stats => JSON.parse(textIn(result)) as Stats;

/** A site with two peers, one of whom has completed, and a purge that has counted them. */
async function purgedSite(settings: Readonly<Record<string, string>> = {}): Promise<TrackerHarness> {
  const site = new TrackerHarness(settings);
  const announce = createAnnounce(site.components);
  for (const [number, changes] of [
    [1, {}],
    [2, {}],
    [2, { left: 0, event: 'completed' }],
  ] as const) {
    await announce(
      paramsOf(`/announce?${announceOf(number, changes)}`, { 'x-real-ip': `192.0.2.${number}` }),
    );
  }
  const { components } = site;
  await runPurge({ ...components, ...components.config }, { parallelism: 1 });
  return site;
}

describe('the stats action', () => {
  it('has what the last purge has counted, as JSON and on a page', async () => {
    const stats = create((await purgedSite()).components);
    const json = statsIn(await stats(paramsOf('/stats.json?x')));
    expect(json.totals).to.include({ torrents: 1, peers: 2, seeders: 1, leechers: 1, completed: 1 });
    expect(json).to.deep.include({ served: null, udp: null, runs: null, largestSwarms: null });
    expect([json.isStoreReachable, json.announceUrls]).to.deep.equal([true, ['https://t.example/announce']]);
    const page = textIn(await stats(paramsOf('/')));
    expect(page).to.include('<dt>Completed</dt><dd>1</dd>').and.include('value="https://t.example/announce"');
  });

  it('says in a header what it is, as its content type is the binary one, and how long to keep it', async () => {
    const stats = create(new TrackerHarness().components);
    const { statusCode, headers } = await stats(paramsOf('/'));
    expect([statusCode, headers['Content-Type'], headers['Cache-Control']]).to.deep.equal([
      200,
      'application/octet-stream',
      'max-age=10',
    ]);
    expect(headers['Content-Security-Policy']).to.match(/^default-src 'none'; /);
    const types = await Promise.all(
      ['/', '/stats.json', '/robots.txt', '/favicon.svg', '/favicon.ico'].map(async (path) => {
        const result = await stats(paramsOf(path));
        return result.headers[TYPE_HEADER];
      }),
    );
    expect(types).to.deep.equal([
      'text/html; charset=utf-8',
      'application/json',
      'text/plain; charset=utf-8',
      'image/svg+xml',
      'image/svg+xml',
    ]);
  });

  it('shows the URLs that the operator says, that of a front, and the swarms if they may be seen', async () => {
    const site = await purgedSite({
      PUBLIC_URL: 'https://set.example',
      UDP_PORT: '6969',
      STATS_SWARMS: 'on',
    });
    const { announceUrls, largestSwarms } = statsIn(await create(site.components)(paramsOf('/stats.json')));
    expect(announceUrls).to.deep.equal(['https://set.example/announce', 'udp://set.example:6969/announce']);
    expect(largestSwarms).to.deep.equal([{ infohash: INFOHASH.toString('hex'), peers: 2 }]);
  });

  it('says that the store is out of reach', async () => {
    const site = new TrackerHarness({}, { fault: () => 'before' });
    const result = await create(site.components)(paramsOf('/stats.json'));
    expect(statsIn(result)).to.include({ isStoreReachable: false, totals: null });
  });

  it('reads one key of the store a second at most, whoever asks', async () => {
    const site = await purgedSite();
    const stats = create(site.components);
    const { operations } = site.store;
    const before = { ...operations };
    for (let host = 0; host < 200; host++) {
      await stats(paramsOf('/', { 'x-forwarded-host': `host-${host}.example` }));
    }
    expect(operations.fetch - before.fetch).to.be.at.most(3);
    expect({ ...operations, fetch: 0 }).to.deep.equal({ ...before, fetch: 0 });
  });

  it('rejects with a failure what the gateway never asks', async () => {
    const stats = create(new TrackerHarness().components);
    for (const target of ['/metrics', '', '/announce']) {
      const failure = await stats(paramsOf(target)).then(
        () => undefined,
        (error: unknown) => String(error),
      );
      expect(failure, target).to.match(/there is no such page/);
    }
  });
});
