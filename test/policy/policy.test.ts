import { expect } from 'chai';

import { parseConfig } from '../../lib/config.js';
import { ClientStore } from '../../lib/policy/clients/client-store.js';
import { createPolicy } from '../../lib/policy/create-policy.js';
import { hashOfKey, newKey } from '../../lib/policy/keys/key-record.js';
import { KeyStore, type StoredKey } from '../../lib/policy/keys/key-store.js';
import { ListStore } from '../../lib/policy/lists/list-store.js';
import type { Policies } from '../../lib/policy/policies.js';
import { runPurge } from '../../lib/purge/run-purge.js';
import type { Store } from '../../lib/store/store.js';
import type { TrackerComponents } from '../../lib/tracker/components.js';
import { defined } from '../support/defined.js';
import { RecordingLog } from '../support/recording-log.js';
import { INFOHASH } from '../tracker/tracker-harness.js';
import { stores } from './support/stores.js';
import { subjects, type PolicySubject } from './support/subjects.js';

const OTHER = Buffer.alloc(20, 0x0f);
const NOTHING = Buffer.alloc(0);
const TRANSMISSION = Buffer.from('-TR2940-abcdefghijkl');

/** Of each protocol with every store: what one process changes is in force in another one. */
for (const [storeName, open] of Object.entries(stores)) {
  for (const [subjectName, adapt] of Object.entries(subjects)) {
    describe(`policies: ${subjectName}, ${storeName}`, function () {
      this.timeout(60_000);
      let milliseconds: number;
      let store: Store;
      let other: Store;
      let end: () => Promise<void>;
      let components: TrackerComponents;
      let policy: Policies | undefined;
      let tracker: PolicySubject;
      const clock = { now: (): number => milliseconds };
      const isUdp = subjectName === 'UDP';
      const never = isUdp ? {} : { retryIn: 'never' };

      before(async () => {
        ({ store, other, end } = await open());
      });

      after(() => end());

      beforeEach(async () => {
        milliseconds = 1_700_000_000_000;
        // Whatever the test before has left.
        const { keys } = await store.keys({ from: '', to: '~' }, undefined, 1000);
        for (const key of keys) {
          const { version } = await store.fetch(key, 'strong');
          if (version !== undefined) await store.remove(key, version);
        }
      });

      afterEach(() => tracker.close());

      async function start(settings: Readonly<Record<string, string>>): Promise<void> {
        const config = parseConfig({
          LIST_SECONDS: '60',
          INTERVAL_JITTER: '0',
          WARM_SECONDS: '0',
          ...settings,
        });
        const made = { config, store, clock, log: new RecordingLog(), random: (): number => 0.5 };
        policy = createPolicy(made, 'long');
        components = { ...made, ...(policy && { policy }) };
        tracker = await adapt(components);
      }

      it('serve listed torrents alone, for good, within LIST_SECONDS of a change', async () => {
        await start({ LIST_MODE: 'allow' });
        const list = new ListStore(other, clock);
        const refused = { reason: 'torrent not registered with this tracker', ...never };
        expect(await tracker.announce({ infohash: INFOHASH })).to.deep.equal(refused);
        await list.edit(INFOHASH, NOTHING);
        milliseconds += 60_000;
        expect(await tracker.announce({ infohash: INFOHASH })).to.deep.equal({});
        expect(await tracker.announce({ infohash: OTHER })).to.deep.equal(refused);
        await list.edit(NOTHING, INFOHASH);
        milliseconds += 60_000;
        expect(await tracker.announce({ infohash: INFOHASH })).to.deep.equal(refused);
      });

      it('serve all but listed torrents, leave those out of scrapes, and have their peers forgotten', async () => {
        await start({ LIST_MODE: 'deny' });
        await tracker.announce({ infohash: INFOHASH });
        await tracker.announce({ infohash: OTHER });
        expect(await tracker.scrape([INFOHASH, OTHER])).to.deep.equal([1, 1]);
        const list = new ListStore(other, clock);
        await list.edit(INFOHASH, NOTHING);
        milliseconds += 60_000;
        expect(await tracker.announce({ infohash: INFOHASH })).to.deep.equal({
          reason: 'this tracker does not serve this torrent',
          ...never,
        });
        expect(await tracker.announce({ infohash: OTHER })).to.deep.equal({});
        expect(await tracker.scrape([INFOHASH, OTHER])).to.deep.equal([isUdp ? 0 : undefined, 1]);
        const { config } = components;
        const report = await runPurge({ ...config, ...components }, { parallelism: 2 });
        expect(report).to.include({ swarms: 1, recordsDropped: 1, failures: 0 });
        expect(
          (await store.fetch(INFOHASH.toString('hex'), 'strong')).values.every(({ length }) => length === 0),
        ).to.equal(true);
        expect(await list.has(INFOHASH)).to.equal(true);
      });

      it('refuse listed clients by their names, within LIST_SECONDS of a change', async () => {
        await start({ CLIENT_MODE: 'deny' });
        const clients = new ClientStore(other, clock);
        expect(await tracker.announce({ infohash: INFOHASH, peerId: TRANSMISSION })).to.deep.equal({});
        await clients.edit(['-TR2'], []);
        milliseconds += 60_000;
        expect(await tracker.announce({ infohash: INFOHASH, peerId: TRANSMISSION })).to.deep.equal({
          reason: 'this tracker does not serve Transmission 2.9.4 (-TR2940-)',
          ...never,
        });
        expect(await tracker.announce({ infohash: INFOHASH })).to.deep.equal({});
        await clients.edit([], ['-TR2']);
        milliseconds += 60_000;
        expect(await tracker.announce({ infohash: INFOHASH, peerId: TRANSMISSION })).to.deep.equal({});
      });

      it('serve listed clients alone', async () => {
        await start({ CLIENT_MODE: 'allow' });
        await new ClientStore(other, clock).replace(['-TR2940-']);
        expect(await tracker.announce({ infohash: INFOHASH, peerId: TRANSMISSION })).to.deep.equal({});
        expect((await tracker.announce({ infohash: INFOHASH })).reason).to.equal(
          'this tracker does not serve -TT0001-',
        );
      });

      it('serve members alone, from within LIST_SECONDS of adding a key until within that of revoking it', async () => {
        await start({ KEYS: 'on' });
        const keys = new KeyStore(other, clock);
        const passkey = newKey();
        const unknown = { reason: 'the key in the announce URL is not known', ...never };
        expect(await tracker.announce({ infohash: INFOHASH })).to.deep.equal({
          reason: 'this tracker needs a personal announce URL',
          ...never,
        });
        expect(await tracker.announce({ infohash: INFOHASH, passkey })).to.deep.equal(unknown);
        const limits = { expiresAt: undefined, maxTorrents: undefined, maxPeers: undefined };
        await keys.add(hashOfKey(passkey), { label: '', addedAt: milliseconds, ...limits });
        milliseconds += 60_000;
        expect(await tracker.announce({ infohash: INFOHASH, passkey })).to.deep.equal({});
        expect(await tracker.scrape([INFOHASH])).to.equal('this tracker needs a personal announce URL');
        if (!isUdp) expect(await tracker.scrape([INFOHASH], passkey)).to.deep.equal([1]);
        await policy?.stop();
        const stored: StoredKey[] = [];
        for await (const key of keys.list()) stored.push(key);
        expect(stored.map(({ announces }) => announces)).to.deep.equal([1]);
        expect(defined(stored[0]).use.lastSeen).to.equal(milliseconds);
        expect(await keys.revoke(hashOfKey(passkey))).to.equal(true);
        milliseconds += 60_000;
        expect(await tracker.announce({ infohash: INFOHASH, passkey })).to.deep.equal(unknown);
      });

      it('refuse what a key has too much of', async () => {
        await start({ KEYS: 'on' });
        const passkey = newKey();
        await new KeyStore(other, clock).add(hashOfKey(passkey), {
          label: '',
          addedAt: milliseconds,
          expiresAt: undefined,
          maxTorrents: 1,
          maxPeers: undefined,
        });
        expect(await tracker.announce({ infohash: INFOHASH, passkey })).to.deep.equal({});
        expect((await tracker.announce({ infohash: OTHER, passkey })).reason).to.equal(
          'this key is in use by as many peers as it may be',
        );
      });

      it('look at nothing that is off', async () => {
        await start({});
        await new ListStore(other, clock).edit(INFOHASH, NOTHING);
        await new ClientStore(other, clock).edit(['-T'], []);
        for (const passkey of ['anything', undefined]) {
          const asked = { infohash: INFOHASH, ...(passkey === undefined ? {} : { passkey }) };
          expect(await tracker.announce(asked)).to.deep.equal({});
        }
      });
    });
  }
}
