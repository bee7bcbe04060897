import { isStoreUnavailable } from '../store/errors.js';
import type { Consistency, Held, KeyPage, KeyRange, PutResult, Store, Version } from '../store/store.js';
import { DURATION_BOUNDS, Histogram } from './histogram.js';
import { single, type MetricFamily } from './metric-family.js';

const OPERATIONS = ['fetch', 'put', 'remove', 'increment', 'count', 'removeCount', 'keys', 'check'] as const;
type Operation = (typeof OPERATIONS)[number];

/** What became of the calls of one operation. unavailable: see StoreUnavailableError. */
class Calls {
  answered = 0;
  unavailable = 0;
  failed = 0;
  readonly seconds = new Histogram(DURATION_BOUNDS);
}

/**
 * A store whose calls are counted and timed, and which is otherwise the store that it is given.
 * Only in place where somebody reads the metrics.
 */
export class MeasuredStore implements Store {
  readonly removeCount?: (key: string) => Promise<void>;
  private readonly calls = new Map(OPERATIONS.map((operation) => [operation, new Calls()]));
  private readonly fetches = this.callsOf('fetch');
  private readonly puts = this.callsOf('put');
  private siblings = 0;
  private lostRaces = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly store: Store,
    private readonly now: () => number = () => performance.now(),
  ) {
    // A store that keeps its counts for ever must not look like one that forgets them.
    if (store.removeCount !== undefined) {
      this.removeCount = (key) =>
        this.measured(this.callsOf('removeCount'), this.now(), store.removeCount?.(key) ?? Promise.resolve());
    }
  }

  fetch(key: string, consistency?: Consistency): Promise<Held> {
    return this.measured(this.fetches, this.now(), this.store.fetch(key, consistency), this.noteSiblings);
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    return this.measured(this.puts, this.now(), this.store.put(key, value, version), this.notePut);
  }

  remove(key: string, version: Version): Promise<void> {
    return this.measured(this.callsOf('remove'), this.now(), this.store.remove(key, version));
  }

  increment(key: string, by: number): Promise<void> {
    return this.measured(this.callsOf('increment'), this.now(), this.store.increment(key, by));
  }

  count(key: string): Promise<number> {
    return this.measured(this.callsOf('count'), this.now(), this.store.count(key));
  }

  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    return this.measured(this.callsOf('keys'), this.now(), this.store.keys(range, cursor, limit));
  }

  check(): Promise<void> {
    return this.measured(this.callsOf('check'), this.now(), this.store.check());
  }

  close(): Promise<void> {
    return this.store.close();
  }

  families(): MetricFamily[] {
    const all = [...this.calls];
    return [
      {
        type: 'counter',
        name: 'bittorrent_tracker_store_calls',
        help: 'Store calls that ended, by operation and outcome.',
        samples: all.flatMap(([operation, { answered, unavailable, failed }]) =>
          Object.entries({ answered, unavailable, failed }).map(([outcome, value]) => ({
            labels: { operation, outcome },
            value,
          })),
        ),
      },
      {
        type: 'histogram',
        name: 'bittorrent_tracker_store_call_duration_seconds',
        help: 'How long store calls took, by operation.',
        unit: 'seconds',
        histograms: all.map(([operation, { seconds }]) => ({ labels: { operation }, histogram: seconds })),
      },
      single(
        'counter',
        'bittorrent_tracker_store_siblings',
        'Values beside the one that was expected, found by reads and writes.',
        this.siblings,
      ),
      single(
        'counter',
        'bittorrent_tracker_store_lost_races',
        'Writes that were not stored, as another writer was first.',
        this.lostRaces,
      ),
    ];
  }

  private readonly noteSiblings = ({ values }: Held): void => {
    if (values.length > 1) this.siblings += values.length - 1;
  };

  private readonly notePut = (held: PutResult): void => {
    if (!held.stored) this.lostRaces++;
    this.noteSiblings(held);
  };

  private callsOf(operation: Operation): Calls {
    const calls = this.calls.get(operation) ?? new Calls();
    this.calls.set(operation, calls);
    return calls;
  }

  /** @param startedAt the time before the call, which may do a part of its work at once */
  private measured<T>(
    calls: Calls,
    startedAt: number,
    call: Promise<T>,
    note?: (result: T) => void,
  ): Promise<T> {
    return call.then(
      (result) => {
        calls.answered++;
        calls.seconds.observe((this.now() - startedAt) / 1000);
        note?.(result);
        return result;
      },
      (error: unknown) => {
        if (isStoreUnavailable(error)) calls.unavailable++;
        else calls.failed++;
        calls.seconds.observe((this.now() - startedAt) / 1000);
        throw error;
      },
    );
  }
}
