import { expect } from 'chai';
import fc from 'fast-check';

import { create as createAnnounce } from '../../actions/announce.js';
import { create as createScrape } from '../../actions/scrape.js';
import type { HttpHandler } from '../../lib/http/front.js';
import { trackerAction } from '../../lib/openwhisk/tracker-action.js';
import type { WebAction, WebActionParams, WebActionResult } from '../../lib/openwhisk/web-action.js';
import { StoreUnavailableError } from '../../lib/store/errors.js';
import { decodeCanonical } from '../http/bencoding.js';
import { queryLikeText } from '../http/support.js';
import {
  addressOf,
  announceOf,
  INFOHASH,
  queryOf,
  Reply,
  TrackerHarness,
} from '../tracker/tracker-harness.js';

const GATEWAY_ONLY = 'this tracker only answers through its gateway';
const NO_ADDRESS = 'the gateway did not pass on the address of the client';

/** What the controller hands on for a request that came through the gateway. */
function paramsOf(target: string, address = addressOf(1)): WebActionParams {
  return {
    __ow_method: 'get',
    __ow_headers: { 'x-original-uri': target, 'x-real-ip': address },
    __ow_path: '',
  };
}

/** The reply in a valid result, decoded; a failure is one that nobody may keep. */
function replyIn(result: WebActionResult): Reply {
  expect(result).to.have.all.keys('statusCode', 'headers', 'body');
  expect(result.statusCode).to.equal(200);
  const reply = new Reply(decodeCanonical(Buffer.from(result.body, 'base64')));
  const ifFailure = reply.text('failure reason') === undefined ? {} : { 'Cache-Control': 'no-store' };
  expect(result.headers).to.deep.equal({ 'Content-Type': 'application/octet-stream', ...ifFailure });
  return reply;
}

const reasonOf = (result: WebActionResult): string | undefined => replyIn(result).text('failure reason');

/** An action around a handler that is not asked, or does what a test says. */
function actionOf(
  handler: HttpHandler,
  settings: Readonly<Record<string, string>> = {},
): [WebAction, TrackerHarness] {
  const harness = new TrackerHarness(settings);
  return [trackerAction(handler, harness.front.failure, harness.components), harness];
}

const notAsked = (): Promise<Buffer> => expect.fail('the tracker was asked');

describe('the announce action', () => {
  it('answers the request line that the gateway passed on', async () => {
    const action = createAnnounce(new TrackerHarness().components);
    await action(paramsOf(`/announce?${announceOf(1)}`, addressOf(1)));
    const reply = replyIn(await action(paramsOf(`/announce?${announceOf(2)}`, addressOf(2))));
    expect(reply.compactPeers()).to.deep.equal(['192.0.2.1:6881']);
  });

  it('takes a binary infohash byte for byte', async () => {
    const harness = new TrackerHarness();
    await createAnnounce(harness.components)(paramsOf(`/announce?${announceOf(1)}`));
    const { keys } = await harness.store.keys({ from: '', to: '~' }, undefined, 10);
    expect(keys).to.deep.equal([INFOHASH.toString('hex')]);
  });
});

describe('the scrape action', () => {
  it('answers the request line that the gateway passed on', async () => {
    const harness = new TrackerHarness();
    await harness.client(1);
    const scrape = createScrape(harness.components);
    const reply = replyIn(await scrape(paramsOf(`/scrape?${queryOf({ info_hash: INFOHASH })}`)));
    expect([...reply.dictionary('files').keys()]).to.deep.equal([INFOHASH.toString('hex')]);
  });
});

describe('a tracker action', () => {
  it('gives the handler the raw request target and the address in bytes', async () => {
    const asked: [string, number[]][] = [];
    const [action] = actionOf((target, from) => {
      asked.push([target, [...from]]);
      return Promise.resolve(Buffer.from('de'));
    });
    await action(paramsOf('/announce?a=%00%FF?&b=+', '192.0.2.7'));
    await action(paramsOf('http://tracker.example/announce?x', '2001:db8::1'));
    await action(paramsOf('/announce', '::ffff:192.0.2.7'));
    expect(asked).to.deep.equal([
      ['/announce?a=%00%FF?&b=+', [192, 0, 2, 7]],
      ['http://tracker.example/announce?x', [0x20, 1, 0x0d, 0xb8, ...new Array<number>(11).fill(0), 1]],
      ['/announce', [192, 0, 2, 7]],
    ]);
  });

  it('never reads the query that the controller has decoded, as that is not what the client sent', async () => {
    const [action] = actionOf(notAsked);
    const query = announceOf(1);
    const parameters = Object.fromEntries(new URLSearchParams(query));
    const past: WebActionParams[] = [
      { ...parameters, __ow_query: query, __ow_headers: { 'x-real-ip': addressOf(1) } },
      { ...parameters, __ow_query: query, __ow_headers: {} },
      { ...parameters, __ow_query: query, __ow_body: query, __ow_path: `/announce?${query}` },
    ];
    for (const params of past) {
      const reply = replyIn(await action(params));
      expect(reply.text('failure reason')).to.equal(GATEWAY_ONLY);
      expect(reply.text('retry in')).to.equal('never');
    }
  });

  it('prefers the request line of the gateway to any other query', async () => {
    const [action] = actionOf((target) => Promise.resolve(Buffer.from(`${target.length}:${target}`)));
    const result = await action({ ...paramsOf('/announce?right'), __ow_query: 'wrong', right: 'wrong' });
    expect(Buffer.from(result.body, 'base64').toString()).to.equal('15:/announce?right');
  });

  it('says what the gateway left out', async () => {
    const [action, harness] = actionOf(notAsked);
    expect(reasonOf(await action({}))).to.equal(GATEWAY_ONLY);
    expect(reasonOf(await action({ __ow_headers: { 'x-original-uri': '/announce' } }))).to.equal(NO_ADDRESS);
    for (const address of [
      '',
      'unknown',
      '1.2.3',
      '192.0.2.1, 10.0.0.1',
      '192.0.2.1:80',
      '0.0.0.0',
      '::',
      'ff02::1',
    ]) {
      expect(reasonOf(await action(paramsOf('/announce', address))), address).to.equal(NO_ADDRESS);
    }
    expect(harness.log.lines).to.deep.equal([]);
  });

  it('answers a failure of the tracker in fixed words', async () => {
    const cases: [Error, string][] = [
      [new StoreUnavailableError('secret'), 'the tracker is busy, try again later'],
      [new Error('secret'), 'internal error'],
    ];
    for (const [error, reason] of cases) {
      const [action, harness] = actionOf(() => Promise.reject(error));
      const reply = replyIn(await action(paramsOf('/announce')));
      expect(reply.text('failure reason')).to.equal(reason);
      expect(reply.get('retry in')).to.equal(5);
      expect(harness.log.lines.map(({ fields }) => fields['cause'])).to.deep.equal([error]);
    }
  });

  it('logs with the ids of the run that it is about, whatever runs beside it', async () => {
    const [action, harness] = actionOf(async (target, _from, log) => {
      await new Promise(setImmediate);
      log?.info('answering', { target });
      throw new Error('secret');
    });
    const runs = Array.from({ length: 20 }, (_, i) => `r${i}`);
    await Promise.all(runs.map((requestId) => action(paramsOf(`/announce?${requestId}`), { requestId })));
    const lines = harness.log.lines.map(({ event, fields }) => ({ event, requestId: fields['requestId'] }));
    for (const event of ['answering', 'internal error']) {
      expect(lines.filter((line) => line.event === event).map(({ requestId }) => requestId)).to.deep.equal(
        runs,
      );
    }
    for (const { fields } of harness.log.lines) {
      if (fields['target'] === undefined) continue;
      expect(fields['target']).to.equal(`/announce?${String(fields['requestId'])}`);
    }
  });

  it('answers a tracker that throws at once', async () => {
    const [action] = actionOf(() => {
      throw new TypeError('secret');
    });
    expect(reasonOf(await action(paramsOf('/announce')))).to.equal('internal error');
  });

  it('gives a valid result for any parameters at all', async () => {
    const actions = [createAnnounce, createScrape].map((create) => create(new TrackerHarness().components));
    const header = fc.oneof(
      queryLikeText().map((text) => `/announce?${text}`),
      fc.constantFrom('192.0.2.1', '2001:db8::1', '/announce?', '*', ''),
      fc.anything(),
    );
    const likely = fc.record({ __ow_headers: fc.record({ 'x-original-uri': header, 'x-real-ip': header }) });
    const any = fc.oneof(likely, fc.dictionary(fc.string(), fc.anything()), fc.anything());
    await fc.assert(
      fc.asyncProperty(any, async (params) => {
        for (const action of actions) replyIn(await action(params as WebActionParams));
      }),
      { numRuns: 150 },
    );
  });
});
