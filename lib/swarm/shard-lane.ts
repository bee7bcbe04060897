import type { Clock } from '../environment.js';
import type { Linked } from '../linked-list.js';
import type { Log } from '../log.js';
import { StoreUnavailableError } from '../store/errors.js';
import type { Consistency, Store, Version } from '../store/store.js';
import { decodeValues } from './decode.js';
import { countOwned, dropExpired, dropOldest, splitShard } from './filter.js';
import { merge, withStraysKnown } from './merge.js';
import type { Landing, ShardOperation } from './operation.js';
import { expiryDeadline } from './peer-record.js';
import { MAX_DEPTH } from './placement.js';
import { AdoptOperation } from './relocation.js';
import { newHeader, owns } from './shard-header.js';
import { Shard } from './shard.js';

/** What all lanes of a process share. */
export interface LaneContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a state that was read or written may be taken for the present one, milliseconds. */
  readonly warmMilliseconds: number;
  /** A peer lives this long after its last announce, seconds. */
  readonly peerLifetimeSeconds: number;
  /** A shard with more records than this splits. */
  readonly shardPeers: number;
}

/** Who keeps the lanes of a process. */
export interface LaneHome {
  lane(infohash: string, n: number): ShardLane;
  /** Called whenever a lane has nothing more to do for now. */
  onIdle(lane: ShardLane): void;
}

/** Where lanes wait to be dropped. */
export interface LaneLine {
  /** Takes note of what one of its lanes weighs now. */
  weigh(lane: ShardLane, bytes: number): void;
}

/**
 * Everything that this process does with one shard, one thing after the other.
 *
 * Operations that arrive while a write is under way wait together and go into the next write (group commit). The lane
 * remembers the state and its version, so that the next write needs no read (warm shard). An operation is answered when what it
 * did is stored, and never before. If the store fails, all that waited for it fail, and the next ones need a read.
 *
 * A read may be answered by a replica that does not have this process's own last write yet. So what is read is merged
 * into what is remembered, and never put in its place. Invariant: `version` covers nothing that is not in `held`.
 *
 * A lane waits for lanes of deeper shards only (a split's child), so lanes never wait for each other in a circle.
 */
export class ShardLane implements Linked<ShardLane> {
  /** What stands for a shard that is not there, as soon as that is found out. */
  private absent: Shard | undefined;
  private held: Shard | undefined;
  private version: Version | undefined;
  /** When `held` was last known to be what the store holds; -Infinity: never. */
  private knownAt = -Infinity;
  private queue: Waiting[] = [];
  /** Shards that the present group found to hold strays. */
  private straying: Set<number> | undefined;
  private running = false;
  /** Set whenever somebody asks for the lane again; whoever keeps lanes clears it. */
  used = false;
  /**
   * For whoever keeps lanes: what this one was last taken to weigh, how often in a row its shard came back soon after it was dropped, the line that it is
   * in (undefined if it is no longer kept), and its place there.
   */
  weighed = 0;
  returns: 0 | 1 | 2 = 0;
  line: LaneLine | undefined;
  before: ShardLane | undefined;
  after: ShardLane | undefined;

  /** There are many lanes: each has as little of its own as can be. */
  constructor(
    private readonly home: LaneHome,
    private readonly context: LaneContext,
    readonly infohash: string,
    readonly n: number,
    readonly key: string,
  ) {}

  get busy(): boolean {
    return this.running;
  }

  /** Bytes of the remembered state. */
  get weight(): number {
    return this.held === undefined ? 0 : this.held.bytes.length;
  }

  /** The remembered state, however old: what this process has not seen change since. */
  get latest(): Shard | undefined {
    return this.held;
  }

  /** The remembered state, if it is not too old to be taken for the present one. */
  get warm(): Shard | undefined {
    return this.isWarm ? this.held : undefined;
  }

  /** Whether what it remembers is not too old to be taken for the present state, which may be that there is nothing. */
  get isWarm(): boolean {
    const age = this.now() - this.knownAt;
    return age >= 0 && age < this.context.warmMilliseconds;
  }

  /**
   * Applies an operation in its turn. Rejects with the store's error if what it did could not be stored.
   * @param footing what the operation may stand on
   */
  submit(operation: ShardOperation, footing: Footing = 'remembered'): Promise<Landing> {
    return new Promise((resolve, reject) => {
      this.queue.push({ operation, footing, kind: 'done', resolve, reject });
      if (!this.running) this.run();
    });
  }

  /** Has the remembered state in memory of its own. What was read may be part of a larger piece, all of which would be kept with it. */
  compact(): void {
    this.held = this.held?.compact();
  }

  /** The state that was last read or written; an empty shard if nothing is held. */
  private get state(): Shard {
    if (this.held !== undefined) return this.held;
    this.absent ??= this.n === 0 ? NO_ROOT : Shard.empty(newHeader(this.n));
    return this.absent;
  }

  /** Serves what waits, group after group. No async functions: what one of them keeps while it waits is several times what these closures take. */
  private run(): void {
    this.running = true;
    const group = this.next();
    try {
      this.serve(group).then(
        () => {
          this.goOn();
        },
        (error: unknown) => {
          this.fail(group, error);
        },
      );
    } catch (error) {
      this.fail(group, error);
    }
  }

  /** Takes what waits, or the first of it: a group is applied in one turn of the event loop. */
  private next(): Waiting[] {
    if (this.queue.length > MOST_AT_ONCE) return this.queue.splice(0, MOST_AT_ONCE);
    const group = this.queue;
    this.queue = [];
    return group;
  }

  private fail(group: readonly Waiting[], error: unknown): void {
    // What is held was stored, and stays known. Its version may by now be that of others who won a race.
    this.version = undefined;
    this.knownAt = -Infinity;
    for (const { reject } of group) reject(error);
    this.goOn();
  }

  private goOn(): void {
    if (this.queue.length > 0) {
      this.run();
      return;
    }
    this.running = false;
    this.home.onIdle(this);
  }

  private serve(group: Waiting[]): Promise<void> {
    this.straying = undefined;
    const { isWarm } = this;
    const wantsFresh = this.anyWantsFresh(group);
    if (isWarm && !wantsFresh) return this.settle(group, 0);
    return this.load(wantsFresh ? 'strong' : 'eventual').then(() => {
      if (!isWarm) {
        // What has come meanwhile goes along, but not what needs a read that began after it came.
        const end = this.queue.findIndex((waiting) => this.wantsFresh(waiting));
        const most = Math.max(0, MOST_AT_ONCE - group.length);
        for (const waiting of this.queue.splice(0, Math.min(end < 0 ? most : end, most))) group.push(waiting);
      }
      if (wantsFresh || !this.anyDoubts(group)) return this.settle(group, 1);
      // A replica that is behind has said what these may not take from it.
      return this.load('strong').then(() => this.settle(group, 2));
    });
  }

  /** Applies operations, has stored what came of them, and answers them; those that others have written over are applied again. */
  private settle(group: readonly Waiting[], fetches: number): Promise<void> {
    const draft = this.apply(group);
    if (draft === this.state) return this.answerAll(group, fetches, false) ?? SETTLED;
    return this.write(draft, 0).then((isMerged) => this.answerAll(group, fetches, isMerged));
  }

  /** @param isMerged whether others wrote at the same time */
  private answerAll(
    group: readonly Waiting[],
    fetches: number,
    isMerged: boolean,
  ): Promise<void> | undefined {
    let again: Waiting[] | undefined;
    for (const waiting of group) {
      const { kind, operation } = waiting;
      if (isMerged && kind === 'done' && !operation.holds(this.state)) (again ??= []).push(waiting);
      else this.answer(waiting, kind, fetches);
    }
    return again === undefined ? undefined : this.settle(again, fetches);
  }

  private anyWantsFresh(group: readonly Waiting[]): boolean {
    for (const waiting of group) if (this.wantsFresh(waiting)) return true;
    return false;
  }

  private anyDoubts(group: readonly Waiting[]): boolean {
    for (const { operation } of group) if (operation.doubts(this.state, this.now())) return true;
    return false;
  }

  /** Applies the operations that belong here, and says of each whether it did. */
  private apply(group: readonly Waiting[]): Shard {
    let draft = this.state;
    for (const waiting of group) {
      const kind = this.place(waiting, draft);
      waiting.kind = kind;
      if (kind !== 'done') continue;
      if (waiting.footing === 'create') draft = this.revived(draft);
      draft = waiting.operation.apply(draft, this.now());
    }
    return draft;
  }

  /** Tells an operation how it fared. Others may have deepened the shard while it was written: then its peer belongs elsewhere now. */
  private answer(waiting: Waiting, kind: Landing['kind'], fetches: number): void {
    const shard = this.state;
    if (shard.header.strays) this.addStraying(this.n);
    waiting.resolve({
      kind: kind === 'done' ? this.place(waiting, shard) : kind,
      shard,
      fetches,
      withStrays: this.straying === undefined ? NO_SHARDS : [...this.straying],
    });
  }

  private wantsFresh({ operation, footing }: Waiting): boolean {
    return footing !== 'remembered' || operation.doubts(this.state, this.now());
  }

  private place({ operation, footing }: Waiting, shard: Shard): Landing['kind'] {
    const { hash } = operation;
    if (hash === undefined) return 'done';
    const creates = footing === 'create';
    if (this.n !== 0 && !creates && shard === this.absent) return 'absent';
    if (shard.header.forwarding) return creates ? 'done' : 'forwarding';
    return owns(shard.header, this.n, hash) ? 'done' : 'elsewhere';
  }

  /** The shard itself or, if it forwards, its next generation. */
  private revived(shard: Shard): Shard {
    const { header } = shard;
    if (!header.forwarding) return shard;
    const next = {
      ...header,
      generation: header.generation + 1,
      adoptions: 0,
      forwarding: false,
      forwardingSince: 0,
    };
    return withStraysKnown(this.n, shard.withHeader(next));
  }

  private load(consistency: Consistency): Promise<void> {
    return this.context.store.fetch(this.key, consistency).then(({ values, version }) => {
      const { held } = this;
      if (held !== undefined && isOnly(values, held.bytes)) this.remember(held, version);
      else this.mergeRead(this.decode(values), version);
    });
  }

  /**
   * Merges what was read into what is remembered, if that has a record that is still alive: then the shard cannot have been
   * removed since, and a replica that has less is behind.
   */
  private mergeRead(read: Shard | undefined, version: Version | undefined): void {
    const { held } = this;
    const known = held === undefined ? undefined : dropExpired(this.n, held, this.expiryDeadline());
    if (held === undefined || known === undefined || known.count === 0) {
      this.remember(read, version);
      return;
    }
    const merged = read === undefined ? known : merge(this.n, known, read);
    // The version of a read that adds nothing may be older: the next write would be a sibling of what is stored.
    if (this.version !== undefined && merged.seal().equals(held.bytes)) this.remember(held, this.version);
    else this.remember(merged, version);
  }

  /**
   * Writes a state until it is stored. True if somebody else wrote at the same time, and `held` is more than the draft.
   * @param losses races that were lost to other writers so far
   */
  private write(draft: Shard, losses: number): Promise<boolean> {
    const live = dropExpired(this.n, draft, this.expiryDeadline());
    if (!this.isTooLarge(live)) return this.put(live, losses);
    return this.split(live).then((parted) => this.put(parted, losses));
  }

  private put(draft: Shard, losses: number): Promise<boolean> {
    const bytes = draft.seal();
    return this.context.store.put(this.key, bytes, this.version).then(({ values, version, stored }) => {
      if (stored && isOnly(values, bytes)) {
        this.remember(draft, version);
        return losses > 0;
      }
      const others = this.decode(values);
      const merged = others === undefined ? draft : merge(this.n, draft, others);
      this.version = version;
      if (stored) {
        this.remember(merged, version);
        return true;
      }
      if (losses + 1 === MOST_LOSSES)
        throw new StoreUnavailableError(`${this.key} was written by others ${MOST_LOSSES} times in a row`);
      return this.write(merged, losses + 1);
    });
  }

  private isTooLarge(draft: Shard): boolean {
    const { shardPeers } = this.context;
    if (draft.count <= shardPeers || draft.header.forwarding) return false;
    return countOwned(this.n, draft) > shardPeers;
  }

  /** Splits until the shard is small enough: the child is stored first, so that no peer is ever nowhere. */
  private async split(draft: Shard): Promise<Shard> {
    do {
      if (draft.header.depth === MAX_DEPTH) return dropOldest(this.n, draft, this.context.shardPeers * 2);
      const { stays, goes, child } = splitShard(this.n, draft);
      const { withStrays } = await this.home
        .lane(this.infohash, child)
        .submit(new AdoptOperation(child, goes), 'create');
      for (const n of withStrays) this.addStraying(n);
      draft = stays;
    } while (this.isTooLarge(draft));
    return draft;
  }

  private remember(shard: Shard | undefined, version: Version | undefined): void {
    this.held = shard;
    this.version = version;
    this.knownAt = this.now();
  }

  private decode(values: readonly Uint8Array[]): Shard | undefined {
    return decodeValues(this.n, this.key, values, this.context.log);
  }

  private addStraying(n: number): void {
    this.straying ??= new Set();
    this.straying.add(n);
  }

  private expiryDeadline(): number {
    return expiryDeadline(this.now(), this.context.peerLifetimeSeconds);
  }

  private now(): number {
    return this.context.clock.now();
  }
}

/** Whether nothing else is held than what was written. */
function isOnly(values: readonly Uint8Array[], written: Buffer): boolean {
  const [value] = values;
  return values.length === 1 && value !== undefined && (value === written || written.equals(value));
}

/**
 * What an operation may stand on: a remembered state; only on a fresh one; or on a fresh one, where the shard is to be made if it is not there, and
 * brought back to life if it forwards.
 */
export type Footing = 'remembered' | 'fresh' | 'create';

interface Waiting {
  readonly operation: ShardOperation;
  readonly footing: Footing;
  /** Whether it was applied when it was last its turn, or why not. */
  kind: Landing['kind'];
  readonly resolve: (landing: Landing) => void;
  readonly reject: (error: unknown) => void;
}

const SETTLED = Promise.resolve();
const NO_SHARDS: readonly number[] = [];
const NO_ROOT = Shard.empty(newHeader(0));

/**
 * Operations that are written together, at most. What one takes may grow with the records of its peer id, and somebody may announce one peer id from very
 * many ports: then the time for which a group has the event loop grows with the square of its length.
 */
const MOST_AT_ONCE = 512;

/** Lost races with other writers before a write gives up. Each loss means that another write got through. */
const MOST_LOSSES = 100;
