/**
 * A process with swarms of its own on the store that the environment names. Arguments: its number
 * among the processes, how many they are, and the numbers of peers and swarms. Told `go`, it
 * announces every peer that is its own, some of them at once, and says when all are acknowledged.
 */
import { parseConfig } from '../../lib/config.js';
import { systemClock } from '../../lib/environment.js';
import { driverOf } from '../../lib/store/registry.js';
import { Swarms } from '../../lib/swarm/swarms.js';
import { announcementOf, upTo } from '../riak/support/numbered.js';
import { RecordingLog } from './recording-log.js';

const [number = 0, processes = 1, peers = 0, swarmCount = 1] = process.argv.slice(2).map(Number);
const atOnce = 50;

const log = new RecordingLog();
const config = parseConfig(process.env);
const random = Math.random;
const store = await driverOf(config.storeName).open(config, { clock: systemClock, random, log });
const swarms = new Swarms({
  store,
  clock: systemClock,
  random,
  log,
  rules: {
    peerLifetimeSeconds: 2700,
    unwrittenSeconds: 900,
    shardPeers: 192,
    warmMilliseconds: 5000,
    warmBytes: 67_108_864,
  },
});

async function announce(peer: number, isSeeder: boolean): Promise<void> {
  await swarms.announce(
    {
      ...announcementOf(peer, peer % swarmCount),
      state: isSeeder ? 'seeder' : 'leecher',
      event: isSeeder ? 'completed' : 'started',
    },
    { limit: 50, withIds: false },
  );
}

/** Every fourth peer completes its download right after it came. */
async function announceOwn(): Promise<void> {
  const own = upTo(peers).filter((peer) => peer % processes === number);
  const client = async (): Promise<void> => {
    for (let peer = own.shift(); peer !== undefined; peer = own.shift()) {
      await announce(peer, false);
      if (Math.floor(peer / swarmCount) % 4 === 0) await announce(peer, true);
    }
  };
  await Promise.all(upTo(atOnce).map(client));
}

process.once('message', () => {
  void announceOwn().then(
    () => process.send?.({ lines: log.lines.map(({ event }) => event) }),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
process.once('disconnect', () => {
  void store.close();
});
process.send?.('ready');
