import { parseConfig } from '../../lib/config.js';
import type { TrackerComponents } from '../../lib/tracker/components.js';
import { MemoryStore, type MemoryStoreOptions } from './memory-store.js';
import { RecordingLog } from './recording-log.js';
import { seededRandom } from './seeded-random.js';

/** All that a tracker is made of: a store in memory, a clock that stands, a log. */
export class Harness {
  readonly log = new RecordingLog();
  readonly store: MemoryStore;
  readonly components: TrackerComponents;
  /** The time, in milliseconds. */
  milliseconds = 1_700_000_000_000;

  /**
   * @param settings by name, as in the environment; without jitter unless they say otherwise
   * @param more components that a tracker can do without
   */
  constructor(
    settings: Readonly<Record<string, string>> = {},
    options: Partial<MemoryStoreOptions> = {},
    more: Pick<TrackerComponents, 'policy' | 'metrics' | 'swarmMetrics'> = {},
  ) {
    this.store = new MemoryStore({ concurrency: 'siblings', ...options });
    this.components = {
      config: parseConfig({ INTERVAL_JITTER: '0', ...settings }),
      store: this.store,
      clock: { now: () => this.milliseconds },
      random: seededRandom(3),
      log: this.log,
      ...more,
    };
  }

  pass(seconds: number): void {
    this.milliseconds += seconds * 1000;
  }
}
