import { expect } from 'chai';

import { parseConfig } from '../../lib/config.js';
import { createPolicy } from '../../lib/policy/create-policy.js';
import { ListStore } from '../../lib/policy/lists/list-store.js';
import { runPurge } from '../../lib/purge/run-purge.js';
import { openLmdbStore } from '../../lib/store/lmdb/store.js';
import type { Store } from '../../lib/store/store.js';
import type { TrackerComponents } from '../../lib/tracker/components.js';
import { adapters, type AdaptedTracker } from '../contract/adapters.js';
import { MemoryStore } from '../support/memory-store.js';
import { RecordingLog } from '../support/recording-log.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { addressOf, announceOf, INFOHASH, queryOf } from '../tracker/tracker-harness.js';

const OTHER = Buffer.alloc(20, 0x0f);
const NOTHING = Buffer.alloc(0);

/** Each kind of store, by name; what it returns ends it. */
const stores: Readonly<Record<string, () => Promise<{ store: Store; end: () => Promise<void> }>>> = {
  'a store with siblings': () => inMemory('siblings'),
  'a store with compare and swap': () => inMemory('compare-and-swap'),
  'the embedded store': async () => {
    const directory = await makeTempDir();
    const store = await openLmdbStore({ directory, durability: 'flush', log: new RecordingLog() });
    return {
      store,
      end: async () => {
        await store.close();
        await removeTempDir(directory);
      },
    };
  },
};

function inMemory(
  concurrency: 'siblings' | 'compare-and-swap',
): Promise<{ store: Store; end: () => Promise<void> }> {
  return Promise.resolve({ store: new MemoryStore({ concurrency }), end: () => Promise.resolve() });
}

for (const [storeName, open] of Object.entries(stores)) {
  for (const [adapterName, adapt] of Object.entries(adapters)) {
    describe(`a list of torrents: ${adapterName}, ${storeName}`, () => {
      let milliseconds: number;
      let store: Store;
      let end: () => Promise<void>;
      let components: TrackerComponents;
      let tracker: AdaptedTracker;
      let list: ListStore;

      /** What a client is told of an announce or scrape. */
      const announce = (infohash: Buffer): Promise<string> =>
        tracker.ask(`/announce?${announceOf(1, { info_hash: infohash })}`, addressOf(1));
      const scrape = (...infohashes: Buffer[]): Promise<string> =>
        tracker.ask(
          `/scrape?${infohashes.map((infohash) => queryOf({ info_hash: infohash })).join('&')}`,
          addressOf(1),
        );

      beforeEach(async () => {
        milliseconds = 1_700_000_000_000;
        ({ store, end } = await open());
      });

      afterEach(async () => {
        await tracker.close();
        await end();
      });

      async function start(mode: 'allow' | 'deny' | 'off'): Promise<void> {
        const clock = { now: (): number => milliseconds };
        const log = new RecordingLog();
        const config = parseConfig({ LIST_MODE: mode, LIST_SECONDS: '60', INTERVAL_JITTER: '0' });
        const made = { config, store, clock, log, random: (): number => 0.5 };
        const policy = createPolicy(made, 'long');
        components = { ...made, ...(policy && { policy }) };
        tracker = await adapt(components);
        // As another process has it.
        list = new ListStore(store, clock);
      }

      it('that allows refuses all others, for good, until one is put on it', async () => {
        await start('allow');
        const refused = 'd14:failure reason40:torrent not registered with this tracker8:retry in5:nevere';
        expect(await announce(INFOHASH)).to.equal(refused);
        await list.edit(INFOHASH, NOTHING);
        milliseconds += 60_000;
        expect(await announce(INFOHASH)).to.contain('8:interval');
        expect(await announce(OTHER)).to.equal(refused);
        await list.edit(NOTHING, INFOHASH);
        milliseconds += 60_000;
        expect(await announce(INFOHASH)).to.equal(refused);
      });

      it('that denies serves all others', async () => {
        await start('deny');
        await list.edit(INFOHASH, NOTHING);
        expect(await announce(INFOHASH)).to.equal(
          'd14:failure reason40:this tracker does not serve this torrent8:retry in5:nevere',
        );
        expect(await announce(OTHER)).to.contain('8:interval');
      });

      it('is not looked at when it is off', async () => {
        await start('off');
        await list.edit(INFOHASH, NOTHING);
        expect(await announce(INFOHASH)).to.contain('8:interval');
        expect(await announce(OTHER)).to.contain('8:interval');
      });

      it('leaves torrents out of scrapes', async () => {
        await start('deny');
        await list.edit(INFOHASH, NOTHING);
        const both = await scrape(INFOHASH, OTHER);
        expect(both).to.contain(OTHER.toString('latin1')).and.not.contain(INFOHASH.toString('latin1'));
      });

      it('has the next purge forget the peers of a torrent that is denied, and no others', async () => {
        await start('deny');
        await announce(INFOHASH);
        await announce(OTHER);
        await list.edit(INFOHASH, NOTHING);
        milliseconds += 60_000;
        const { config } = components;
        const report = await runPurge({ ...config, ...components }, { parallelism: 2 });
        expect(report).to.include({ swarms: 1, recordsDropped: 1, failures: 0 });
        expect((await store.fetch(INFOHASH.toString('hex'))).values).to.have.length(0);
        expect((await store.fetch(OTHER.toString('hex'))).values).to.have.length(1);
        expect(await list.has(INFOHASH)).to.equal(true);
      });
    });
  }
}
