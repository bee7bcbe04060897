import { expect } from 'chai';

import { parseConfig } from '../../../lib/config.js';
import { HttpFront } from '../../../lib/http/front.js';
import { createPolicy } from '../../../lib/policy/create-policy.js';
import { INDEX_KEY, PART_KEYS } from '../../../lib/policy/lists/list-index.js';
import { ListStore } from '../../../lib/policy/lists/list-store.js';
import type { Policies } from '../../../lib/policy/policies.js';
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import { openS3Store } from '../../../lib/store/s3/s3-store.js';
import type { Store } from '../../../lib/store/store.js';
import { startRiakDouble } from '../../riak-double/double.js';
import { startS3Double } from '../../s3-double/double.js';
import { optionsFor } from '../../store/riak/support.js';
import { s3OptionsFor } from '../../store/s3/support.js';
import { RecordingLog } from '../../support/recording-log.js';
import { queryOf } from '../../tracker/tracker-harness.js';
import { hashes } from './support.js';

interface Counted {
  readonly store: Store;
  /** Operations that its server was asked for since the last call. */
  readonly taken: () => number;
  readonly end: () => Promise<void>;
}

const CALL_MS = { callTimeoutMs: 20_000 };

const stores: Readonly<Record<string, () => Promise<Counted>>> = {
  Riak: async () => {
    const double = await startRiakDouble();
    const store = openRiakStore(optionsFor(double.nodes, CALL_MS));
    return {
      store,
      taken: () => {
        const count = double.operations.count();
        double.operations.reset();
        return count;
      },
      end: async () => {
        await store.close();
        await double.close();
      },
    };
  },
  S3: async () => {
    const { server } = await startS3Double();
    const store = openS3Store(s3OptionsFor(server.url, CALL_MS));
    return {
      store,
      taken: () => {
        const count = server.total;
        server.operations.clear();
        return count;
      },
      end: async () => {
        await store.close();
        await server.close();
      },
    };
  },
};

const ENTRIES = 100_000;
/** Parts of some 4,000 infohashes each, a power of two. */
const PARTS = 32;

for (const [name, open] of Object.entries(stores)) {
  describe(`a list of ${ENTRIES} torrents, on ${name}`, function () {
    this.timeout(120_000);
    let milliseconds = 1_700_000_000_000;
    const clock = { now: (): number => milliseconds };
    const config = parseConfig({ LIST_MODE: 'allow', LIST_SECONDS: '60' });
    let site: Counted;

    before(async () => {
      site = await open();
      await new ListStore(site.store, clock).replace(hashes(0, ENTRIES));
      site.taken();
    });

    after(() => site.end());

    const components = () => ({
      config,
      store: site.store,
      clock,
      random: (): number => 0.5,
      log: new RecordingLog(),
    });

    async function announce(front: HttpFront, infohash: Uint8Array): Promise<string> {
      const query = queryOf({ info_hash: infohash, peer_id: '-TT0001-abcdefghijkl', port: 6881, left: 1 });
      try {
        return (await front.announce(`/announce?${query}`, Uint8Array.of(192, 0, 2, 1))).toString('latin1');
      } catch (error) {
        return String(error);
      }
    }

    /** A process that knows the list, and serves. */
    async function start(): Promise<{ readonly front: HttpFront; readonly policy: Policies }> {
      const policy = createPolicy(components(), 'long');
      if (policy === undefined) throw new Error('there is no policy');
      await policy.reload();
      return { front: new HttpFront({ ...components(), policy }), policy };
    }

    it('takes one read for each part at the start, and one of the index', async () => {
      await start();
      expect(site.taken()).to.equal(PARTS + 1);
      const { values } = await site.store.fetch(INDEX_KEY, 'strong');
      expect(values[0]?.length, 'the index is small').to.be.below(4096);
      const { keys } = await site.store.keys(PART_KEYS, undefined, 1000);
      expect(keys).to.have.length(PARTS);
    });

    it('takes one small read in half of LIST_SECONDS from then on, and none an announce', async () => {
      const { front } = await start();
      const outside = hashes(ENTRIES, ENTRIES + 1);
      site.taken();
      for (let second = 0; second < 300; second++) {
        milliseconds += 1000;
        for (let n = 0; n < 10; n++) expect(await announce(front, outside)).to.contain('not registered');
        // What is read beside the work.
        await site.store.check();
      }
      const checks = 300;
      expect(site.taken() - checks).to.be.within(9, 10);
    });

    it('takes nothing more of an announce that is served than an announce takes without a list', async () => {
      const { front } = await start();
      const open = new HttpFront(components());
      site.taken();
      for (let n = 0; n < 50; n++) expect(await announce(open, hashes(n, n + 1))).to.contain('interval');
      const without = site.taken();
      for (let n = 50; n < 100; n++) expect(await announce(front, hashes(n, n + 1))).to.contain('interval');
      expect(site.taken()).to.equal(without);
      expect(without).to.be.at.least(50);
    });
  });
}
