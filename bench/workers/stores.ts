/**
 * Announces on every kind of store, in turns: how many a second, and the processor time of the
 * tracker's process. Real servers are processes of their own, as is the double of Riak. A store
 * whose server is not there is left out.
 */
import { systemClock } from '../../lib/environment.js';
import { openLmdbStore } from '../../lib/store/lmdb/store.js';
import { openRiakStore } from '../../lib/store/riak/riak-store.js';
import { riakOptions } from '../../lib/store/riak/settings.js';
import { parseConfig } from '../../lib/config.js';
import type { Store } from '../../lib/store/store.js';
import { Swarms } from '../../lib/swarm/swarms.js';
import { startRiakDoubleProcess } from '../../test/riak-double/process.js';
import { trackerTypes } from '../../test/riak-double/tracker-types.js';
import { Cleanup } from '../../test/support/cleanup.js';
import { realServers, startRealServer } from '../../test/support/real-servers.js';
import { addressOf, infohashOf, peerIdOf, PORT } from '../load/numbered.js';
import { makeScratch } from '../support/scratch.js';
import { strictLog } from '../support/tracker.js';
import { work } from './work.js';

export interface StoreFigures {
  /** Announces a second, each of a new peer to a swarm that the process remembers. */
  readonly perSecond: readonly number[];
  /** Microseconds of processor time for each. */
  readonly microseconds: readonly number[];
}

export interface StoresWorker {
  readonly input: { readonly rounds: number; readonly announces: number };
  /** By the store's name. */
  readonly output: Readonly<Record<string, StoreFigures>>;
}

const atOnce = 64;
const swarmCount = 500;

work<StoresWorker>(async ({ rounds, announces }) => {
  const atEnd = new Cleanup();
  try {
    const subjects = (await open(atEnd)).map(([name, store]) => ({
      name,
      swarms: swarmsOn(store),
      perSecond: [] as number[],
      microseconds: [] as number[],
    }));
    let peer = 0;
    for (let round = 0; round <= rounds; round += 1) {
      for (const { swarms, perSecond, microseconds } of subjects) {
        const started = performance.now();
        const cpu = process.cpuUsage();
        let left = announces;
        const client = async (): Promise<void> => {
          while (left > 0) {
            left -= 1;
            peer += 1;
            await announce(swarms, peer);
          }
        };
        await Promise.all(Array.from({ length: atOnce }, client));
        const { user, system } = process.cpuUsage(cpu);
        // Round 0 is for the compiler, and for the swarms to be remembered.
        if (round === 0) continue;
        perSecond.push((announces * 1000) / (performance.now() - started));
        microseconds.push((user + system) / announces);
      }
    }
    return Object.fromEntries(
      subjects.map(({ name, perSecond, microseconds }) => [name, { perSecond, microseconds }]),
    );
  } finally {
    await atEnd.run();
  }
});

async function open(atEnd: Cleanup): Promise<[string, Store][]> {
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  const { directory } = scratch;
  const stores: [string, Store][] = [
    ['LMDB', await openLmdbStore({ directory, durability: 'flush', log: strictLog })],
  ];
  const riak = await startRiakDoubleProcess({ types: trackerTypes });
  atEnd.add(() => riak.close());
  const config = parseConfig({ STORE: 'riak', RIAK_NODES: `127.0.0.1:${riak.ports[0] ?? 0}` });
  const context = { clock: systemClock, random: Math.random, log: strictLog };
  stores.push(['Riak double', openRiakStore({ ...riakOptions(config), callTimeoutMs: 30_000, ...context })]);
  for (const [name, kind] of Object.entries(realServers)) {
    if (!kind.whole || kind.requirement() !== undefined) continue;
    const server = await startRealServer(kind);
    atEnd.add(() => server.dispose());
    stores.push([`${kind.api === 's3' ? 'S3' : 'DynamoDB'} on ${name}`, server.open()]);
  }
  for (const [, store] of stores) atEnd.add(() => store.close());
  return stores;
}

function swarmsOn(store: Store): Swarms {
  return new Swarms({
    store,
    clock: systemClock,
    random: Math.random,
    log: strictLog,
    rules: {
      peerLifetimeSeconds: 2700,
      unwrittenSeconds: 360,
      shardPeers: 192,
      warmMilliseconds: 600_000,
      warmBytes: 1e9,
    },
  });
}

async function announce(swarms: Swarms, peer: number): Promise<void> {
  await swarms.announce(
    {
      infohash: infohashOf(peer % swarmCount),
      peerId: Buffer.from(peerIdOf(peer), 'latin1'),
      address: Buffer.from(addressOf(peer).split('.').map(Number)),
      port: PORT,
      state: 'leecher',
      event: 'none',
    },
    { limit: 50, withIds: false },
  );
}
