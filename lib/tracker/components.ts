import type { Config } from '../config.js';
import type { Clock, Random } from '../environment.js';
import type { Log } from '../log.js';
import type { Store } from '../store/store.js';
import type { SwarmMetrics } from '../swarm/metrics.js';
import type { Metrics } from './metrics.js';
import type { Policy } from './policy.js';

/** What a tracker is made of: everything that it takes from outside. */
export interface TrackerComponents {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Without one everything is served. */
  readonly policy?: Policy;
  /** Without any nothing is counted. */
  readonly metrics?: Metrics;
  /** What the swarms count; without any nothing is. */
  readonly swarmMetrics?: SwarmMetrics | undefined;
}
