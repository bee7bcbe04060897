import type { Clock } from '../environment.js';
import type { Log } from '../log.js';

export interface RefreshedOptions<T> {
  /** In the log, e.g. `torrent list`. */
  readonly name: string;
  /** Reads the value; `known` is the last one, which it may give back. */
  readonly read: (known: T | undefined) => Promise<T>;
  /** How old the value that is used may be, in seconds, as long as it can be read. */
  readonly seconds: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A value that is read anew now and then, by whoever uses it: there need be no timer, which a
 * process that stands still between two requests would miss. When half of its time is over it is
 * read beside the work; only who comes after a pause has to wait. When it cannot be read the last
 * known value stays in use, with a line in the log.
 */
export class Refreshed<T> {
  private known: { readonly value: T } | undefined;
  private reading: Promise<T> | undefined;
  private readAt = 0;
  private triedAt = 0;
  private failure: unknown;

  constructor(private readonly options: RefreshedOptions<T>) {}

  /**
   * The value, or a promise if it has to be read first, which rejects with what `read` rejects with
   * if no value is known.
   */
  get(): T | Promise<T> {
    const { clock, seconds } = this.options;
    if (this.known === undefined) return this.refresh();
    const now = clock.now();
    // A clock that was set back must not keep an old value alive.
    const age = Math.abs(now - this.readAt);
    const half = seconds * 500;
    if (age < half) return this.known.value;
    if (age >= 2 * half && this.failure === undefined) return this.latest();
    if (Math.abs(now - this.triedAt) >= Math.min(half, MAX_RETRY_MS)) void this.latest();
    return this.known.value;
  }

  /** Reads now. @throws (rejects with) what `read` rejects with; the known value stays */
  refresh(): Promise<T> {
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  /** The last known value, however old. */
  get lastKnown(): T | undefined {
    return this.known?.value;
  }

  /** Milliseconds since the epoch: when the value was the present one. */
  get knownAt(): number | undefined {
    return this.known === undefined ? undefined : this.readAt;
  }

  /** Why the value could not be read when that was last tried. */
  get problem(): unknown {
    return this.failure;
  }

  /** The present value, or the last known one if it cannot be read. */
  private latest(): Promise<T> {
    return this.refresh().catch((error: unknown) => {
      if (this.known === undefined) throw error;
      return this.known.value;
    });
  }

  private async read(): Promise<T> {
    const { name, clock, log, read } = this.options;
    const startedAt = clock.now();
    this.triedAt = startedAt;
    try {
      const value = await read(this.known?.value);
      if (this.failure !== undefined) log.warn(`${name} read again`);
      this.failure = undefined;
      this.known = { value };
      this.readAt = startedAt;
      return value;
    } catch (cause) {
      // One line when it begins, not one for each try.
      if (this.failure === undefined)
        log.error(`${name} not read`, { inUse: this.known !== undefined, cause });
      this.failure = cause;
      throw cause;
    }
  }
}

/** The longest time between two tries. */
const MAX_RETRY_MS = 15_000;
