/**
 * A process with swarms on Riak of its own. Arguments: the port of a node, its number among the
 * processes, how many they are, and the numbers of peers and swarms. Told `go`, it announces every
 * peer that is its own, some of them at once, and says when all are acknowledged.
 */
import { systemClock } from '../../../lib/environment.js';
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import { Swarms } from '../../../lib/swarm/swarms.js';
import { optionsFor } from '../../store/riak/support.js';
import { RecordingLog } from '../../support/recording-log.js';
import { addressOf, infohashOf, peerIdOf, upTo } from './numbered.js';
import { BUCKET, COUNT_TYPE, SWARM_TYPE } from '../../riak-double/tracker-types.js';

const [port = 0, number = 0, processes = 1, peers = 0, swarmCount = 1] = process.argv.slice(2).map(Number);
const atOnce = 50;

const log = new RecordingLog();
const store = openRiakStore(
  optionsFor([{ host: '127.0.0.1', port }], {
    swarmBucketType: SWARM_TYPE,
    swarmBucket: BUCKET,
    countBucketType: COUNT_TYPE,
    countBucket: BUCKET,
    callTimeoutMs: 10_000,
    random: Math.random,
    log,
  }),
);
const swarms = new Swarms({
  store,
  clock: systemClock,
  random: Math.random,
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
      infohash: infohashOf(peer % swarmCount),
      peerId: peerIdOf(peer),
      address: addressOf(peer),
      port: 6881,
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
