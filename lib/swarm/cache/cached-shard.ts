import type { Clock } from '../../environment.js';
import type { Log } from '../../log.js';
import { StoreUnavailableError } from '../../store/errors.js';
import type { Consistency, Store, Version } from '../../store/store.js';
import type { SwarmMetrics } from '../metrics.js';
import { decodeValues } from '../shard/decode.js';
import { dropExpired, withoutFutureDates } from '../shard/expiry.js';
import { newHeader } from '../shard/header.js';
import { merge } from '../shard/merge.js';
import { expiryCutoff } from '../shard/peer-record.js';
import { Shard } from '../shard/shard.js';

/**
 * Races lost to other writers before a write gives up. Each means that another write got through.
 */
const MAX_LOST_RACES = 100;
/**
 * Siblings that a write may leave behind; if there are more it writes the merge, which is one store
 * operation more. The next write of this process does so in any case. Riak refuses to write beside
 * a hundred.
 */
const MAX_SIBLINGS = 64;

const NO_ROOT = Shard.empty(newHeader(0));

/** What all shard writers of a process share. */
export interface WriterContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a state that was read or written may be taken for the present one, milliseconds. */
  readonly warmMilliseconds: number;
  /** A peer lives this long after its last announce, seconds. */
  readonly peerLifetimeSeconds: number;
  /** A shard with more records than this splits. */
  readonly shardPeers: number;
  /** Without any nothing is counted. */
  readonly swarmMetrics?: SwarmMetrics | undefined;
}

/**
 * One shard as this process knows it: the state that was last read or written, and its version, so
 * that the next write needs no read.
 *
 * A replica that lacks this process's own last write may answer a read. So what is read is merged
 * into the cached state, and never replaces it.
 * Invariant: `version` covers nothing that is not in `held`.
 */
export abstract class CachedShard {
  /** Stands for a shard that is not stored; made when first needed. */
  private absent: Shard | undefined;
  private held: Shard | undefined;
  private version: Version | undefined;
  /** When `held` was last known to be what the store holds; -Infinity: never. */
  private knownAt = -Infinity;

  /** There are many of them: each has as few fields as it can. */
  constructor(
    protected readonly context: WriterContext,
    readonly number: number,
    readonly key: string,
  ) {}

  /** What is left of a draft that is too large to be written; undefined if it is not. */
  protected abstract splitIfTooLarge(draft: Shard): Promise<Shard> | undefined;

  /** Bytes of the cached state. */
  get bytes(): number {
    return this.held === undefined ? 0 : this.held.bytes.length;
  }

  /** The cached state, however old: this process has seen no later one. */
  get latest(): Shard | undefined {
    return this.held;
  }

  /** The cached state, if it is young enough to be taken for the present one. */
  get warm(): Shard | undefined {
    return this.isWarm ? this.held : undefined;
  }

  /** Whether the cached state, which may be "no such shard", may be taken for the present one. */
  get isWarm(): boolean {
    const age = this.now() - this.knownAt;
    return age >= 0 && age < this.context.warmMilliseconds;
  }

  /** Copies the cached state into memory of its own, so that it keeps no larger piece alive. */
  compact(): void {
    this.held = this.held?.compact();
  }

  /** The state that was last read or written; an empty shard if none is stored. */
  protected get state(): Shard {
    if (this.held !== undefined) return this.held;
    this.absent ??= this.number === 0 ? NO_ROOT : Shard.empty(newHeader(this.number));
    return this.absent;
  }

  /** Whether a state is the one that stands for a shard that is not stored. */
  protected isAbsent(shard: Shard): boolean {
    return shard === this.absent;
  }

  /**
   * What is held was stored, and stays, but has to be read before the next write: its version may
   * be that of others who won a race.
   */
  protected distrust(): void {
    this.version = undefined;
    this.knownAt = -Infinity;
  }

  /** Reads the shard. */
  protected load(consistency: Consistency): Promise<void> {
    return this.context.store.fetch(this.key, consistency).then(({ values, version }) => {
      const { held } = this;
      if (held !== undefined && isOnly(values, held.bytes)) this.remember(held, version);
      else this.mergeRead(this.decode(values), version);
    });
  }

  /**
   * Merges what was read into the cached state if that has a live record: then the shard cannot
   * have been removed since, and a replica that has less is behind.
   */
  private mergeRead(read: Shard | undefined, version: Version | undefined): void {
    const { held } = this;
    const known = held === undefined ? undefined : dropExpired(held, this.expiryCutoff());
    if (held === undefined || known === undefined || known.count === 0) {
      this.remember(read, version);
      return;
    }
    const merged = read === undefined ? known : merge(known, read);
    // A read that adds nothing may have an older version: a write with that would make a sibling.
    if (this.version !== undefined && merged.seal().equals(held.bytes)) this.remember(held, this.version);
    else this.remember(merged, version);
  }

  /**
   * Writes a state until it is stored. True if somebody else wrote at the same time, and `held` is
   * more than the draft.
   * @param lostRaces races that were lost to other writers so far
   */
  protected write(draft: Shard, lostRaces: number): Promise<boolean> {
    const now = this.now();
    const cutoff = expiryCutoff(now, this.context.peerLifetimeSeconds);
    // This process, or one whose records were merged into the draft, may have been ahead.
    const live = dropExpired(withoutFutureDates(draft, now), cutoff);
    const split = this.splitIfTooLarge(live);
    if (split === undefined) return this.put(live, lostRaces);
    return split.then((parent) => this.put(parent, lostRaces));
  }

  private put(draft: Shard, lostRaces: number): Promise<boolean> {
    const bytes = draft.seal();
    return this.context.store.put(this.key, bytes, this.version).then(({ values, version, stored }) => {
      if (stored && isOnly(values, bytes)) {
        this.remember(draft, version);
        return lostRaces > 0;
      }
      const others = this.decode(values);
      const merged = others === undefined ? draft : merge(draft, others);
      this.version = version;
      if (stored) {
        this.remember(merged, version);
        return values.length <= MAX_SIBLINGS || this.write(merged, lostRaces + 1);
      }
      if (lostRaces + 1 === MAX_LOST_RACES) {
        throw new StoreUnavailableError(`${this.key} was written by others ${MAX_LOST_RACES} times in a row`);
      }
      return this.write(merged, lostRaces + 1);
    });
  }

  private remember(shard: Shard | undefined, version: Version | undefined): void {
    this.held = shard;
    this.version = version;
    this.knownAt = this.now();
  }

  private decode(values: readonly Uint8Array[]): Shard | undefined {
    return decodeValues(this.number, this.key, values, this.context.log);
  }

  private expiryCutoff(): number {
    return expiryCutoff(this.now(), this.context.peerLifetimeSeconds);
  }

  protected now(): number {
    return this.context.clock.now();
  }
}

/** Whether nothing else is held than what was written. */
function isOnly(values: readonly Uint8Array[], written: Buffer): boolean {
  const [value] = values;
  return values.length === 1 && value !== undefined && (value === written || written.equals(value));
}
