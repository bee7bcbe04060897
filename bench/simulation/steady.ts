/**
 * A site in its steady state, for an hour: operations of the store for an announce, and peers in
 * replies that are gone, with re-announces that all are written and with fewer that are.
 */
import { InstantStore } from '../support/instant-store.js';
import { startRiakDouble } from '../../test/riak-double/double.js';
import { trackerTypes } from '../../test/riak-double/tracker-types.js';
import type { Store } from '../../lib/store/store.js';
import { copyShards, openPatientRiak } from './moved-store.js';
import { writeResults } from './results.js';
import { SESSION_MODELS, type SessionModelName } from './sessions.js';
import { simulate, type Counted } from './simulation.js';
import { siteSizes } from '../../lib/plan/swarm-sizes.js';

export interface SteadyCase {
  readonly peers: number;
  readonly sessions: SessionModelName;
  readonly refreshEvery: number;
  readonly peerLifetimeSeconds: number;
  readonly warmSeconds: number;
  readonly processes: number;
  readonly store: 'memory' | 'the Riak double';
}

export interface SteadyResult extends SteadyCase {
  readonly counted: Counted;
  /** Requests at the sockets of the double. */
  readonly requests: number | undefined;
}

export interface SteadyResults {
  readonly cases: readonly SteadyResult[];
}

/** Of a run whose results are kept. */
export const FULL_PEERS = 100_000;
const HOUR = 3600;

/** Nothing is spared: each re-announce that comes when it should is written. */
const ALL = { refreshEvery: 1, peerLifetimeSeconds: 2700, warmSeconds: 5 };
/** As many intervals, and 360 s. */
const HALF = { refreshEvery: 2, peerLifetimeSeconds: 4320, warmSeconds: 5 };
const THIRD = { refreshEvery: 3, peerLifetimeSeconds: 6300, warmSeconds: 5 };

function casesFor(peers: number): SteadyCase[] {
  const one = { processes: 1, store: 'memory' } as const;
  const main = { ...one, peers, sessions: 'redhat' } as const;
  const others = (['flatout', 'debian', 'headline'] as const).flatMap((sessions) =>
    [ALL, HALF, { ...HALF, warmSeconds: 300 }].map((how) => ({
      ...one,
      ...how,
      sessions,
      peers: Math.round(peers / 5),
    })),
  );
  const small = { ...main, peers: Math.round(peers / 10) };
  return [
    { ...main, ...ALL },
    { ...main, ...ALL, warmSeconds: 300 },
    { ...main, ...HALF },
    { ...main, ...HALF, warmSeconds: 300 },
    { ...main, ...THIRD, warmSeconds: 300 },
    ...others,
    { ...small, ...ALL, processes: 4 },
    { ...small, ...HALF, processes: 4 },
    { ...small, ...ALL, processes: 4, store: 'the Riak double' },
    { ...small, ...HALF, processes: 4, store: 'the Riak double' },
    { ...main, ...ALL, store: 'the Riak double' },
    { ...main, ...HALF, store: 'the Riak double' },
  ];
}

export async function steady(peers: number, tell: (message: string) => void): Promise<void> {
  const startedAt = performance.now();
  const cases: SteadyResult[] = [];
  for (const one of casesFor(peers)) {
    const result = await run(one);
    const { acts, calls, returned, returnedGone } = result.counted;
    const announces = acts.start + acts.announce + acts.complete + acts.stop;
    tell(
      `${JSON.stringify(one)}: ${((calls.reads + calls.writes + calls.counts) / announces).toFixed(3)} operations, ${((100 * returnedGone) / returned).toFixed(2)} % gone`,
    );
    cases.push(result);
  }
  const results: SteadyResults = { cases };
  writeResults(peers === FULL_PEERS ? 'steady' : `steady-${peers}`, startedAt, results);
}

async function run(one: SteadyCase): Promise<SteadyResult> {
  const sizes = siteSizes(one.peers);
  const double = one.store === 'memory' ? undefined : await startRiakDouble({ types: trackerTypes });
  let requests = 0;
  let store: Store | undefined;
  try {
    const { counted } = await simulate({
      sizes,
      numbers: Uint32Array.from(sizes, (_, rank) => rank),
      sessions: SESSION_MODELS[one.sessions],
      settings: {
        REFRESH_EVERY: String(one.refreshEvery),
        PEER_LIFETIME: String(one.peerLifetimeSeconds),
        WARM_SECONDS: String(one.warmSeconds),
        // What a purge does is not of interest here.
        PURGE_INTERVAL: '0',
      },
      processes: one.processes,
      v6Share: 0.1,
      isFilled: true,
      // By then the gone ones are as many as they become.
      warmUpSeconds: one.peerLifetimeSeconds + 300,
      countedSeconds: HOUR,
      storeMilliseconds: 5,
      seed: 1,
      store: new InstantStore(),
      ...(double === undefined
        ? {}
        : {
            moveTo: async (from: Store) => {
              store = openPatientRiak(double.addresses);
              await copyShards(from, store);
              return store;
            },
            onCounting: () => (requests = double.operations.count()),
          }),
    });
    return {
      ...one,
      counted,
      requests: double === undefined ? undefined : double.operations.count() - requests,
    };
  } finally {
    await store?.close();
    await double?.close();
  }
}
