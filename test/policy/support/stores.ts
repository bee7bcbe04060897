/** Each kind of store, by name. */
import { openLmdbStore } from '../../../lib/store/lmdb/store.js';
import type { Store } from '../../../lib/store/store.js';
import { openDynamoDbStore } from '../../../lib/store/dynamodb/dynamodb-store.js';
import { openS3Store } from '../../../lib/store/s3/s3-store.js';
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import { startDynamoDbDouble } from '../../dynamodb-double/double.js';
import { startRiakDouble } from '../../riak-double/double.js';
import { startS3Double } from '../../s3-double/double.js';
import { dynamoDbOptionsFor } from '../../store/dynamodb/support.js';
import { optionsFor } from '../../store/riak/support.js';
import { s3OptionsFor } from '../../store/s3/support.js';
import { MemoryStore } from '../../support/memory-store.js';
import { RecordingLog } from '../../support/recording-log.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

export interface OpenedStore {
  /** As one process has it. */
  readonly store: Store;
  /** As another one has it; the same where only one may have it open. */
  readonly other: Store;
  readonly end: () => Promise<void>;
}

/** Much longer than it takes on a busy machine. */
const CALL_MS = { callTimeoutMs: 20_000 };

export const stores: Readonly<Record<string, () => Promise<OpenedStore>>> = {
  'a store with siblings': () => Promise.resolve(inMemory('siblings')),
  'a store with compare and swap': () => Promise.resolve(inMemory('compare-and-swap')),
  'the embedded store': async () => {
    const directory = await makeTempDir();
    const store = await openLmdbStore({ directory, durability: 'flush', log: new RecordingLog() });
    return {
      store,
      other: store,
      end: async () => {
        await store.close();
        await removeTempDir(directory);
      },
    };
  },
  Riak: async () => {
    const riak = await startRiakDouble();
    const open = (): Store => openRiakStore(optionsFor(riak.nodes, CALL_MS));
    return opened(open(), open(), () => riak.close());
  },
  S3: async () => {
    const { server } = await startS3Double();
    const open = (): Store => openS3Store(s3OptionsFor(server.url, CALL_MS));
    return opened(open(), open(), () => server.close());
  },
  DynamoDB: async () => {
    const { server } = await startDynamoDbDouble();
    const open = (): Store => openDynamoDbStore(dynamoDbOptionsFor(server.url, CALL_MS));
    return opened(open(), open(), () => server.close());
  },
};

function opened(store: Store, other: Store, end: () => Promise<unknown>): OpenedStore {
  return {
    store,
    other,
    end: async () => {
      await Promise.all([store.close(), other.close()]);
      await end();
    },
  };
}

function inMemory(concurrency: 'siblings' | 'compare-and-swap'): OpenedStore {
  const store = new MemoryStore({ concurrency });
  return { store, other: store, end: () => Promise.resolve() };
}
