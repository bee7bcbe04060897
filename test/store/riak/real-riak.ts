/**
 * `RIAK_NODES=host:port,host:port npm run test:riak`: the store contract on a real Riak, set up as
 * deploy/riak says. Takes the same settings as the tracker but for the buckets, which are its own,
 * and removes the shards that it wrote. Counts, and the tombstones of what it removed, stay in
 * these buckets. Not one of the tests that run without being asked.
 */
import { systemClock } from '../../../lib/environment.js';
import type { Store } from '../../../lib/store/store.js';
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import { parseConfig } from '../../../lib/config.js';
import { riakOptions, type RiakSettings } from '../../../lib/store/riak/settings.js';
import { storeConformance } from '../conformance.js';
import { LogLines } from './support.js';

/** A name that no tracker and no other run uses: what is left behind is found by it. */
const bucket = `test-${process.pid}-${Date.now()}`;

function settingsFrom(environment: NodeJS.ProcessEnv): RiakSettings {
  return parseConfig({ ...environment, STORE: 'riak', RIAK_SWARM_BUCKET: bucket, RIAK_COUNT_BUCKET: bucket });
}

const options = {
  ...riakOptions(settingsFrom(process.env)),
  log: new LogLines(),
  clock: systemClock,
  random: Math.random,
};

const tombstoneMs = 3000;

storeConformance(
  `Riak at ${options.nodes.map(({ host, port }) => `${host}:${port}`).join(', ')}`,
  () => {
    const store = open();
    return Promise.resolve({
      store,
      close: async () => {
        await store.close();
        await removeAll();
      },
    });
  },
  { tombstoneMs },
);

function open(): Store {
  return openRiakStore({ ...options, callTimeoutMs: 10_000, replicaTimeoutMs: 5000 });
}

/** Removes every shard of the test's own bucket. The test's store may be closed already. */
async function removeAll(): Promise<void> {
  const store = open();
  let cursor: string | undefined;
  do {
    const page = await store.keys({ from: '', to: '~' }, cursor, 100);
    for (const key of page.keys) {
      const { version } = await store.fetch(key, 'strong');
      if (version !== undefined) await store.remove(key, version);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  await store.close();
}
