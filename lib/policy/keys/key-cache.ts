import type { Clock } from '../../environment.js';
import type { Log } from '../../log.js';
import type { ActivePeers } from './key-limits.js';
import type { KeyRecord } from './key-record.js';

/** What a store says of a key. */
export interface KeyContent {
  /** Undefined if there is no such key. */
  readonly record: KeyRecord | undefined;
  /** Of a key with limits. */
  readonly active: ActivePeers | undefined;
}

/** What is known of a key. */
export interface KeyAnswer extends KeyContent {
  /** Milliseconds since the epoch: when the store said so. */
  readAt: number;
  /** When it was asked last. */
  askedAt: number;
}

export interface KeyCacheOptions {
  /** Asks the store. @param known the answer before, if there is one */
  readonly read: (keyHash: string, known: KeyAnswer | undefined) => Promise<KeyContent>;
  /** How old an answer may be that is used, in seconds, as long as the store can be asked. */
  readonly seconds: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What the store said of keys, for a short time: of those that are there and, apart from them, of
 * those that are not, so that a flood of wrong keys pushes out no right one. Who is looked up is
 * told apart by the hash of a key: how long that takes says nothing of any key.
 *
 * When half of its time is over an answer is asked for anew beside the work; only who comes after a
 * pause waits. When the store is silent the last answer stays in use.
 */
export class KeyCache {
  /** Least recently used first. */
  private readonly known = new Map<string, KeyAnswer>();
  private readonly unknown = new Map<string, KeyAnswer>();
  private readonly reading = new Map<string, Promise<KeyAnswer>>();
  private failure: unknown;

  constructor(private readonly options: KeyCacheOptions) {}

  /** The answer, or a promise of one; undefined: the store has to be asked, which `fetch` does. */
  get(keyHash: string): KeyAnswer | Promise<KeyAnswer> | undefined {
    const answer = this.touched(keyHash);
    if (answer === undefined) return this.reading.get(keyHash);
    const { clock, seconds } = this.options;
    const now = clock.now();
    // A clock that was set back must not keep an old answer alive.
    const age = Math.abs(now - answer.readAt);
    const half = seconds * 500;
    if (age < half) return answer;
    if (age >= 2 * half && this.failure === undefined) return this.latest(keyHash, answer);
    if (Math.abs(now - answer.askedAt) >= Math.min(half, MAX_RETRY_MS)) void this.latest(keyHash, answer);
    return answer;
  }

  /** Asks the store. @throws (rejects with) what reading rejects with */
  fetch(keyHash: string): Promise<KeyAnswer> {
    let reading = this.reading.get(keyHash);
    if (reading === undefined) {
      reading = this.read(keyHash).finally(() => this.reading.delete(keyHash));
      this.reading.set(keyHash, reading);
    }
    return reading;
  }

  /** Has every answer asked for anew before it is used again. */
  expire(): void {
    for (const answers of [this.known, this.unknown]) {
      for (const answer of answers.values()) answer.readAt = -Infinity;
    }
  }

  /** The last answer, however old, without asking. */
  lastKnown(keyHash: string): KeyAnswer | undefined {
    return this.known.get(keyHash);
  }

  /** How many keys are known to be there, and known not to be. */
  get sizes(): { readonly known: number; readonly unknown: number } {
    return { known: this.known.size, unknown: this.unknown.size };
  }

  /** Why the store could not be asked when that was last tried. */
  get problem(): unknown {
    return this.failure;
  }

  private latest(keyHash: string, known: KeyAnswer): Promise<KeyAnswer> {
    known.askedAt = this.options.clock.now();
    return this.fetch(keyHash).catch(() => known);
  }

  private async read(keyHash: string): Promise<KeyAnswer> {
    const { clock, log, read } = this.options;
    const startedAt = clock.now();
    try {
      const { record, active } = await read(keyHash, this.known.get(keyHash));
      if (this.failure !== undefined) log.warn('keys read again');
      this.failure = undefined;
      return this.keep(keyHash, { record, active, readAt: startedAt, askedAt: startedAt });
    } catch (cause) {
      // One line when it begins, not one for each try.
      if (this.failure === undefined) log.error('keys not read', { cause });
      this.failure = cause;
      throw cause;
    }
  }

  private keep(keyHash: string, answer: KeyAnswer): KeyAnswer {
    const [to, other] = answer.record === undefined ? [this.unknown, this.known] : [this.known, this.unknown];
    other.delete(keyHash);
    to.delete(keyHash);
    to.set(keyHash, answer);
    if (to.size > MAX_ANSWERS) {
      const [oldest = ''] = to.keys();
      to.delete(oldest);
    }
    return answer;
  }

  private touched(keyHash: string): KeyAnswer | undefined {
    const answer = this.known.get(keyHash);
    if (answer === undefined) return this.unknown.get(keyHash);
    this.known.delete(keyHash);
    this.known.set(keyHash, answer);
    return answer;
  }
}

/** Of keys that are there, and as many of those that are not: some 15 MB each. */
export const MAX_ANSWERS = 50_000;
/** The longest time between two tries. */
const MAX_RETRY_MS = 15_000;
