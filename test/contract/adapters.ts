import { create as createAnnounce } from '../../actions/announce.js';
import { create as createScrape } from '../../actions/scrape.js';
import { HttpFront } from '../../lib/http/front.js';
import { trustedProxies } from '../../lib/standalone/client-address.js';
import { BatchTracker } from '../../lib/standalone/front/batch-tracker.js';
import { Health } from '../../lib/standalone/health.js';
import { TrackerServer } from '../../lib/standalone/server.js';
import { parseAddress } from '../../lib/bittorrent/address.js';
import type { TrackerComponents } from '../../lib/tracker/components.js';
import { exchange } from '../support/raw-http.js';

/** A tracker as its clients see it, whatever runs it. */
export interface AdaptedTracker {
  /**
   * @param target a request target of `/announce` or `/scrape`
   * @param from the client's address
   * @returns the body of the reply, as Latin-1
   */
  readonly ask: (target: string, from: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Each way in which a tracker runs, by name. */
export const adapters: Readonly<Record<string, (components: TrackerComponents) => Promise<AdaptedTracker>>> =
  {
    'the OpenWhisk actions': (components) => Promise.resolve(actions(components)),
    'the standalone process, plain requests': (components) => standalone(components, ''),
    'the standalone process, any other requests': (components) => standalone(components, 'X-Odd: 1\r\n'),
    'a front before the OpenWhisk actions': (components) => Promise.resolve(batches(components)),
  };

function actions(components: TrackerComponents): AdaptedTracker {
  const announce = createAnnounce(components);
  const scrape = createScrape(components);
  return {
    ask: async (target, from) => {
      const action = target.includes('/scrape?') ? scrape : announce;
      const { body } = await action({
        __ow_method: 'get',
        __ow_headers: { 'x-original-uri': target, 'x-real-ip': from },
        __ow_path: '',
      });
      return Buffer.from(body, 'base64').toString('latin1');
    },
    close: () => Promise.resolve(),
  };
}

/** What the action counts is not counted a second time, but requests that never get there are. */
function batches(components: TrackerComponents): AdaptedTracker {
  const action = createAnnounce(components);
  const { config, log, metrics } = components;
  const run = async (batch: Buffer): Promise<Buffer> => {
    const params = { __ow_headers: { 'x-tracker-batch': '1' }, __ow_body: batch.toString('base64') };
    return Buffer.from((await action(params)).body, 'base64');
  };
  const front = new HttpFront(
    { config, log, ...(metrics === undefined ? {} : { metrics }) },
    new BatchTracker({ config, log, run }),
  );
  return {
    ask: async (target, from) => {
      const handler = target.includes('/scrape?') ? front.scrape : front.announce;
      const address = parseAddress(from);
      if (address === undefined) throw new Error(from);
      const reply = await handler(target, address).catch((error: unknown) => front.failure(error));
      return reply.toString('latin1');
    },
    close: () => Promise.resolve(),
  };
}

/**
 * The client's address comes through a trusted proxy, as all connections of a test have the same
 * one.
 */
async function standalone(components: TrackerComponents, header: string): Promise<AdaptedTracker> {
  const { config, clock, log, store } = components;
  const { announce, scrape, failure } = new HttpFront(components);
  const health = new Health(() => store.check(), clock, log);
  const isTrustedProxy = trustedProxies(['127.0.0.0/8']);
  const server = new TrackerServer({ announce, scrape, failure, health, isTrustedProxy, log }, config);
  const port = await server.listen(0, '127.0.0.1');
  return {
    ask: async (target, from) => {
      const reply = await exchange(
        port,
        `GET ${target} HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: ${from}\r\n${header}Connection: close\r\n\r\n`,
      );
      const [head = ''] = reply.split('\r\n\r\n', 1);
      const [, length] = /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: (\d+)/.exec(head) ?? [];
      const body = reply.slice(head.length + 4);
      if (Number(length) !== body.length) throw new Error(`not whole: ${reply}`);
      return body;
    },
    close: () => server.close(1000),
  };
}
