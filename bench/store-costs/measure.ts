/** What an announce asks of S3 and DynamoDB, counted by the doubles. */
import { systemClock } from '../../lib/environment.js';
import { silentLog } from '../../lib/silent-log.js';
import type { AwsOptions } from '../../lib/store/aws/options.js';
import { openDynamoDbStore } from '../../lib/store/dynamodb/dynamodb-store.js';
import { openS3Store } from '../../lib/store/s3/s3-store.js';
import type { Store } from '../../lib/store/store.js';
import { Swarms } from '../../lib/swarm/swarms.js';
import {
  dynamoDbCredentials,
  dynamoDbRegion,
  startDynamoDbDouble,
} from '../../test/dynamodb-double/double.js';
import { startS3Double } from '../../test/s3-double/double.js';
import { seededRandom } from '../../test/support/seeded-random.js';
import { addressOf, infohashOf, peerIdOf } from '../load/numbered.js';

export interface Case {
  readonly swarmPeers: number;
  readonly shardPeers: number;
  /** Whether the process remembers the swarm. */
  readonly warm: boolean;
}

/** For one announce, on average. */
export interface AnnounceCost {
  readonly puts: number;
  readonly gets: number;
  readonly writeUnits: number;
  readonly readUnits: number;
}

const sample = 40;
/** So long that no peer expires while others announce: only what is written matters here. */
const lifetimeSeconds = 1_000_000;
/** A re-announce that comes sooner may go unwritten. */
const unwrittenSeconds = 360;

/** Peers of a swarm announce again, each after its interval, so that every announce is written. */
export async function announceCost(wanted: Case): Promise<AnnounceCost> {
  const s3 = await startS3Double();
  const dynamoDb = await startDynamoDbDouble();
  const onS3 = openS3Store({
    ...optionsFor(s3.server.url),
    bucket: 'tracker',
    prefix: '',
    pathStyle: true,
    removal: 'delete',
    tombstoneLifetimeMs: 0,
  });
  const onDynamoDb = openDynamoDbStore({ ...optionsFor(dynamoDb.server.url), table: 'tracker' });
  const { operations } = s3.server;
  const { units } = dynamoDb;
  try {
    await announceAgain(onS3, wanted, () => {
      operations.clear();
    });
    await announceAgain(onDynamoDb, wanted, () => {
      units.read = 0;
      units.write = 0;
    });
    return {
      puts: (operations.get('PUT') ?? 0) / sample,
      gets: (operations.get('GET') ?? 0) / sample,
      writeUnits: units.write / sample,
      readUnits: units.read / sample,
    };
  } finally {
    await Promise.all([onS3.close(), onDynamoDb.close()]);
    await Promise.all([s3.server.close(), dynamoDb.server.close()]);
  }
}

/** Fills a swarm, calls `reset`, and lets some of its peers announce again. */
async function announceAgain(store: Store, wanted: Case, reset: () => void): Promise<void> {
  const random = seededRandom(11);
  let seconds = 1_700_000_000;
  const newProcess = (): Swarms =>
    new Swarms({
      store,
      clock: { now: () => seconds * 1000 },
      random,
      log: silentLog,
      rules: {
        peerLifetimeSeconds: lifetimeSeconds,
        unwrittenSeconds,
        shardPeers: wanted.shardPeers,
        warmMilliseconds: lifetimeSeconds * 900,
        warmBytes: 1e9,
      },
    });
  const announce = (swarms: Swarms, peer: number): Promise<unknown> =>
    swarms.announce(
      {
        infohash: infohashOf(1),
        peerId: Buffer.from(peerIdOf(peer)),
        address: Buffer.from(addressOf(peer).split('.').map(Number)),
        port: 6881,
        state: 'leecher',
        event: 'none',
      },
      { limit: 50, withIds: false },
    );
  const filling = newProcess();
  const atOnce = 200;
  for (let from = 0; from < wanted.swarmPeers; from += atOnce) {
    const length = Math.min(atOnce, wanted.swarmPeers - from);
    await Promise.all(Array.from({ length }, (_, index) => announce(filling, from + index)));
  }
  seconds += 2 * unwrittenSeconds;
  const warm = newProcess();
  if (wanted.warm) {
    // It comes to know every shard that a sampled peer is in.
    for (const peer of sampled(wanted.swarmPeers)) await announce(warm, peer);
  }
  reset();
  for (const peer of sampled(wanted.swarmPeers)) {
    // In a small swarm the sample comes round to the same peer.
    seconds += unwrittenSeconds + 1;
    await announce(wanted.warm ? warm : newProcess(), peer);
  }
}

function sampled(swarmPeers: number): number[] {
  return Array.from({ length: sample }, (_, index) => (index * 37) % swarmPeers);
}

function optionsFor(endpoint: URL): AwsOptions {
  return {
    endpoint,
    region: dynamoDbRegion,
    credentials: dynamoDbCredentials,
    callTimeoutMs: 30_000,
    keysTimeoutMs: 30_000,
    maxConnections: 32,
    queueDepth: 1000,
    idleTimeoutMs: 4000,
    clock: systemClock,
    random: Math.random,
  };
}
