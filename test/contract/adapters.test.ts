import { expect } from 'chai';
import fc from 'fast-check';

import { Refusal } from '../../lib/bittorrent/errors.js';
import type { TrackerComponents } from '../../lib/tracker/components.js';
import { queryLikeText } from '../http/support.js';
import type { MemoryStoreOptions } from '../support/memory-store.js';
import {
  announceOf,
  addressOf,
  INFOHASH,
  peerIdOf,
  queryOf,
  TrackerHarness,
} from '../tracker/tracker-harness.js';
import { adapters, type AdaptedTracker } from './adapters.js';

const V6 = '2001:db8::1';
const V6_ENDPOINT = `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01\x1a\xe1`;
const PEER_1 = '\xc0\x00\x02\x01\x1a\xe1';
const HASH = INFOHASH.toString('latin1');
const SCRAPE = `/scrape?${queryOf({ info_hash: INFOHASH })}`;

/** A reply to an announce without jitter, up to its peers. */
function head(complete: number, incomplete: number, address = '4:\xc0\x00\x02\x01'): string {
  return `d8:completei${complete}e11:external ip${address}10:incompletei${incomplete}e8:intervali1800e12:min intervali900e`;
}

const target = (number: number, changes = {}): string => `/announce?${announceOf(number, changes)}`;

for (const [name, adapt] of Object.entries(adapters)) {
  describe(`the contract of a tracker: ${name}`, () => {
    let harness: TrackerHarness;
    let tracker: AdaptedTracker | undefined;

    const start = async (
      settings: Readonly<Record<string, string>> = {},
      options: Partial<MemoryStoreOptions> = {},
      more: Pick<TrackerComponents, 'policy' | 'metrics'> = {},
    ): Promise<AdaptedTracker> => {
      harness = new TrackerHarness(settings, options, more);
      tracker = await adapt(harness.components);
      return tracker;
    };

    afterEach(async () => {
      await tracker?.close();
      tracker = undefined;
    });

    it('answers a first announce', async () => {
      const { ask } = await start();
      expect(await ask(target(1), addressOf(1))).to.equal(`${head(0, 1)}5:peers0:e`);
    });

    it('gives peers in compact form, IPv4 and IPv6 apart, and the client its own address', async () => {
      const { ask } = await start();
      await ask(target(1), addressOf(1));
      await ask(target(2, { left: 0 }), V6);
      expect(await ask(target(3), addressOf(3))).to.equal(
        `${head(1, 2, '4:\xc0\x00\x02\x03')}5:peers6:${PEER_1}6:peers618:${V6_ENDPOINT}e`,
      );
      expect(await ask(target(3, { event: 'stopped' }), V6)).to.equal(
        `${head(1, 2, `16:${V6_ENDPOINT.slice(0, 16)}`)}5:peers0:e`,
      );
    });

    it('gives peers as dictionaries, with their ids or without', async () => {
      const { ask } = await start();
      await ask(target(1), addressOf(1));
      const begin = `${head(0, 2, '4:\xc0\x00\x02\x02')}5:peersld2:ip9:192.0.2.1`;
      const id = peerIdOf(1).toString('latin1');
      expect(await ask(target(2, { compact: 0 }), addressOf(2))).to.equal(
        `${begin}7:peer id20:${id}4:porti6881eeee`,
      );
      expect(await ask(target(2, { compact: 0, no_peer_id: 1 }), addressOf(2))).to.equal(
        `${begin}4:porti6881eeee`,
      );
    });

    it('answers a scrape', async () => {
      const { ask } = await start({ SCRAPE_INTERVAL: '77' });
      await ask(target(1), addressOf(1));
      await ask(target(1, { left: 0, event: 'completed' }), addressOf(1));
      await ask(target(2), addressOf(2));
      const end = 'e5:flagsd20:min_request_intervali77eee';
      expect(await ask(SCRAPE, addressOf(3))).to.equal(
        `d5:filesd20:${HASH}d8:completei1e10:downloadedi1e10:incompletei1ee${end}`,
      );
    });

    it('tells a client its mistake', async () => {
      const { ask } = await start();
      const never = '8:retry in5:nevere';
      for (const [wrong, reason] of [
        ['/announce?', '17:missing info_hash'],
        [target(1, { port: 'x' }), '36:port is not a number from 0 to 65535'],
        ['/scrape?info_hash=short', '25:info_hash is not 20 bytes'],
      ] as const) {
        expect(await ask(wrong, addressOf(1))).to.equal(`d14:failure reason${reason}${never}`);
      }
      expect(harness.log.lines).to.deep.equal([]);
    });

    it('tells a client what the policy refuses, and leaves that out of a scrape', async () => {
      const refusal = new Refusal('list', 'not on the list', 60);
      const policy = { announce: () => refusal, scrape: () => refusal };
      const { ask } = await start({}, {}, { policy });
      expect(await ask(target(1), addressOf(1))).to.equal(
        'd14:failure reason15:not on the list8:retry ini60ee',
      );
      expect(await ask(SCRAPE, addressOf(1))).to.equal('d5:filesde5:flagsd20:min_request_intervali900eee');
      expect(harness.store.operations).to.include({ fetch: 0, put: 0, count: 0 });
      expect(harness.log.lines).to.deep.equal([]);
    });

    it('asks a client to come again while the store is out of reach, with a line in the log', async () => {
      const { ask } = await start({ RETRY_IN: '9' }, { fault: () => 'before' });
      const busy = 'd14:failure reason36:the tracker is busy, try again later8:retry ini9ee';
      expect(await ask(target(1), addressOf(1))).to.equal(busy);
      expect(await ask(SCRAPE, addressOf(1))).to.equal(busy);
      expect(harness.log.lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal([
        'warn tracker busy',
        'warn tracker busy',
      ]);
    });

    it('asks a client to come again after the deadline', async () => {
      const { ask } = await start({ ANNOUNCE_TIMEOUT: '20' });
      harness.store.fetch = () => new Promise(() => undefined);
      const busy = 'd14:failure reason36:the tracker is busy, try again later8:retry ini5ee';
      expect(await ask(target(1), addressOf(1))).to.equal(busy);
      expect(await ask(SCRAPE, addressOf(1))).to.equal(busy);
    });

    it('says nothing of a mistake of its own, but in the log', async () => {
      const { ask } = await start();
      harness.store.fetch = () => Promise.reject(new TypeError('secret'));
      const internal = 'd14:failure reason14:internal error8:retry ini5ee';
      expect(await ask(target(1), addressOf(1))).to.equal(internal);
      expect(harness.log.lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal([
        'error internal error',
      ]);
    });
  });
}

describe('the contract of a tracker: any requests at all', () => {
  /** What fits on a request line. */
  const anyTarget = fc
    .tuple(
      fc.constantFrom('/announce?', '/scrape?'),
      fc.oneof(
        queryLikeText().map((text) => text.replaceAll(/[^!-~]/g, '')),
        fc
          .record({ number: fc.nat(5), left: fc.nat(1), numwant: fc.nat(3), compact: fc.nat(1) })
          .map(({ number, ...changes }) => announceOf(number, changes)),
        fc.constant(queryOf({ info_hash: INFOHASH })),
      ),
    )
    .map(([path, query]) => path + query);
  const anyRequests = fc.array(fc.tuple(anyTarget, fc.constantFrom(addressOf(1), addressOf(2), V6)), {
    minLength: 1,
    maxLength: 12,
  });

  it('are answered with the same bytes by all adapters', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(anyRequests, async (requests) => {
        const conversations = await Promise.all(
          Object.values(adapters).map(async (adapt) => {
            const tracker = await adapt(new TrackerHarness({ INTERVAL_JITTER: '10' }).components);
            const replies: string[] = [];
            for (const [line, from] of requests) replies.push(await tracker.ask(line, from));
            await tracker.close();
            return replies;
          }),
        );
        for (const replies of conversations) expect(replies).to.deep.equal(conversations[0]);
      }),
      { numRuns: 60 },
    );
  });
});
