/**
 * A small site on a store of each kind, for what `npm run plan` is to foretell: LMDB, the double of
 * Riak in a process of its own, versitygw for S3 and dynalite for DynamoDB. The time is simulated, the
 * stores are real: each call goes to the server, and is counted. A store whose server is not
 * installed is left out; `npm test` installs them.
 */
import { openLmdbStore } from '../../lib/store/lmdb/store.js';
import { siteSizes } from '../../lib/plan/swarm-sizes.js';
import type { PlannedStore } from '../../lib/plan/plan.js';
import type { Store } from '../../lib/store/store.js';
import { startRiakDoubleProcess } from '../../test/riak-double/process.js';
import { trackerTypes } from '../../test/riak-double/tracker-types.js';
import { Cleanup } from '../../test/support/cleanup.js';
import { realServers, startRealServer } from '../../test/support/real-servers.js';
import { diskUsage } from '../support/disk-usage.js';
import { InstantStore } from '../support/instant-store.js';
import { makeScratch } from '../support/scratch.js';
import { strictLog } from '../support/tracker.js';
import { copyShards, openPatientRiak } from './moved-store.js';
import { writeResults } from './results.js';
import { SESSION_MODELS, type SessionModelName } from './sessions.js';
import { simulate, type Counted } from './simulation.js';
import { storedShards } from './stored.js';

/** What a store counted in some time. */
export interface CheckedStore {
  readonly store: PlannedStore;
  /** The server that it ran on. */
  readonly server: string;
  readonly counted: Counted;
  /** Bytes of all values in the end. */
  readonly valueBytes: number;
  /** On the disk, where the store is files of this process. */
  readonly diskBytes: number | undefined;
  /** Processor time of the process, the simulation's own included, seconds. */
  readonly processorSeconds: number;
}

export interface CheckResults {
  readonly peers: number;
  readonly sessions: SessionModelName;
  readonly processes: number;
  readonly seconds: number;
  readonly stores: readonly CheckedStore[];
}

/** Of a run whose results are kept. */
export const FULL_CHECK_PEERS = 100_000;
const SESSIONS: SessionModelName = 'headline';
const PROCESSES = 4;
/** Until the processes know the moved store, and for how long it is counted. */
const WARM_UP_SECONDS = 600;
const COUNTED_SECONDS = 180;
const V6_SHARE = 0.1;

interface OpenedStore {
  readonly store: Store;
  readonly directory?: string;
}

interface Subject {
  readonly store: PlannedStore;
  readonly server: string;
  readonly open: (atEnd: Cleanup) => Promise<OpenedStore>;
}

export async function check(peers: number, tell: (message: string) => void): Promise<void> {
  const startedAt = performance.now();
  const stores: CheckedStore[] = [];
  for (const subject of subjects()) {
    tell(`${peers} peers on ${subject.server}`);
    stores.push(await run(subject, peers));
  }
  const results: CheckResults = {
    peers,
    sessions: SESSIONS,
    processes: PROCESSES,
    seconds: COUNTED_SECONDS,
    stores,
  };
  writeResults(peers === FULL_CHECK_PEERS ? 'check' : `check-${peers}`, startedAt, results);
}

function subjects(): Subject[] {
  const list: Subject[] = [
    { store: 'lmdb', server: 'LMDB', open: openLmdb },
    { store: 'riak', server: 'the double of Riak', open: openRiakDouble },
  ];
  for (const [server, kind] of Object.entries(realServers)) {
    if (!kind.whole || kind.requirement() !== undefined) continue;
    const open = async (atEnd: Cleanup): Promise<OpenedStore> => {
      const started = await startRealServer(kind);
      atEnd.add(() => started.dispose());
      return { store: started.open({ callTimeoutMs: 60_000, keysTimeoutMs: 300_000 }) };
    };
    list.push({ store: kind.api, server, open });
  }
  return list;
}

async function openLmdb(atEnd: Cleanup): Promise<OpenedStore> {
  const { directory, remove } = makeScratch();
  atEnd.add(remove);
  return { directory, store: await openLmdbStore({ directory, durability: 'flush', log: strictLog }) };
}

async function openRiakDouble(atEnd: Cleanup): Promise<OpenedStore> {
  const double = await startRiakDoubleProcess({ types: trackerTypes });
  atEnd.add(() => double.close());
  return { store: openPatientRiak(`127.0.0.1:${double.ports[0] ?? 0}`) };
}

async function run({ store: kind, server, open }: Subject, peers: number): Promise<CheckedStore> {
  const atEnd = new Cleanup();
  try {
    const { store, directory } = await open(atEnd);
    atEnd.add(() => store.close());
    const sizes = siteSizes(peers);
    let cpu = process.cpuUsage();
    const { counted } = await simulate({
      sizes,
      numbers: Uint32Array.from(sizes, (_, rank) => rank),
      sessions: SESSION_MODELS[SESSIONS],
      settings: { PURGE_INTERVAL: '0' },
      processes: PROCESSES,
      v6Share: V6_SHARE,
      isFilled: true,
      warmUpSeconds: WARM_UP_SECONDS,
      countedSeconds: COUNTED_SECONDS,
      storeMilliseconds: 5,
      seed: 1,
      store: new InstantStore(),
      moveTo: async (from) => {
        await copyShards(from, store);
        return store;
      },
      onCounting: () => (cpu = process.cpuUsage()),
    });
    const { user, system } = process.cpuUsage(cpu);
    const groups = await storedShards(store, () => 'all');
    return {
      store: kind,
      server,
      counted,
      valueBytes: groups.get('all')?.bytes ?? 0,
      diskBytes: directory === undefined ? undefined : diskUsage(directory),
      processorSeconds: (user + system) / 1e6,
    };
  } finally {
    await atEnd.run();
  }
}
