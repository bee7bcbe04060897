import type { Linked } from '../../linked-list.js';
import { ListAllOperation } from '../operations/list.js';
import type { Outcome, ShardOperation } from '../operations/operation.js';
import { AbsorbOperation } from '../operations/relocation.js';
import { listOf, rareRecords } from '../shard/families.js';
import { owns } from '../shard/header.js';
import { MAX_DEPTH, shardKey } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';
import { countOwned, dropOldest, revived, splitShard } from '../shard/split.js';
import { CachedShard, type WriterContext } from './cached-shard.js';

/**
 * Operations in one write, at most. One operation may take time in proportion to the records of its
 * peer id, and somebody may announce one peer id from very many ports: then the time for which a
 * batch holds the event loop grows with the square of its length.
 */
const MAX_BATCH = 512;
const SETTLED = Promise.resolve();
const NO_SHARDS: readonly number[] = [];

/** The shard writers of a process. */
export interface ShardWriters {
  writer(infohash: string, number: number): ShardWriter;
  /** Called whenever a writer has nothing more to do for now. */
  onIdle(writer: ShardWriter): void;
}

/** A queue in which writers wait to be dropped from the cache. */
export interface WriterQueue {
  /** Notes how many bytes one of its writers takes now. */
  resize(writer: ShardWriter, bytes: number): void;
}

/**
 * What an operation is applied to.
 * cached: the cached state, if it may be taken for the present one; else a read one.
 * fresh: one that is read anew.
 * create: one that is read anew. A shard that is not there is made, one that forwards is revived.
 * stale: the cached state, however old, or an empty shard, if the operation changes that: its write
 *   tells what is stored, and is merged with it. Else as cached.
 */
export type ReadMode = 'cached' | 'fresh' | 'create' | 'stale';

/** An operation that waits to be applied and answered. */
interface Waiting {
  readonly operation: ShardOperation;
  readonly readMode: ReadMode;
  /** Whether it was applied the last time, or why not. */
  kind: Outcome['kind'];
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Applies all operations of this process on one shard, in batches, one after the other.
 *
 * Operations that arrive during a write wait together and go into the next write (group commit).
 * An operation is answered when its effect is stored, and never before. If the store fails, all
 * operations that waited for it fail, and the next ones need a read.
 *
 * A writer waits for writers of deeper shards only (a split's child), so they never wait for each
 * other in a circle.
 */
export class ShardWriter extends CachedShard implements Linked<ShardWriter> {
  private queue: Waiting[] = [];
  /** Shards in which the present batch found misplaced records. */
  private withMisplaced: Set<number> | undefined;
  private running = false;
  /** Set whenever somebody asks for the writer again; the cache clears it. */
  used = false;
  /** For the cache: the bytes that it counts for this writer. */
  size = 0;
  /** For the cache: how often in a row the shard was used again soon after it was dropped. */
  ghostHits: 0 | 1 | 2 = 0;
  /** For the cache: the queue that the writer is in; undefined once it is dropped. */
  queuedIn: WriterQueue | undefined;
  before: ShardWriter | undefined;
  after: ShardWriter | undefined;

  constructor(
    private readonly writers: ShardWriters,
    context: WriterContext,
    readonly infohash: string,
    number: number,
  ) {
    super(context, number, shardKey(infohash, number));
  }

  get busy(): boolean {
    return this.running;
  }

  /**
   * Applies an operation when its turn comes, and answers when its effect is stored.
   * @throws StoreError if it could not be stored
   */
  submit(operation: ShardOperation, readMode: ReadMode = 'cached'): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.queue.push({ operation, readMode, kind: 'done', resolve, reject });
      if (!this.running) this.run();
    });
  }

  /**
   * Serves the queue, batch after batch. No async functions: what one of them keeps while it waits
   * is several times the size of these closures.
   */
  private run(): void {
    this.running = true;
    const batch = this.nextBatch();
    try {
      this.serve(batch).then(
        () => {
          this.goOn();
        },
        (error: unknown) => {
          this.fail(batch, error);
        },
      );
    } catch (error) {
      this.fail(batch, error);
    }
  }

  private nextBatch(): Waiting[] {
    if (this.queue.length > MAX_BATCH) return this.queue.splice(0, MAX_BATCH);
    const batch = this.queue;
    this.queue = [];
    return batch;
  }

  private fail(batch: readonly Waiting[], error: unknown): void {
    this.distrust();
    for (const { reject } of batch) reject(error);
    this.goOn();
  }

  private goOn(): void {
    if (this.queue.length > 0) {
      this.run();
      return;
    }
    this.running = false;
    this.writers.onIdle(this);
  }

  private serve(batch: Waiting[]): Promise<void> {
    this.withMisplaced = undefined;
    const { isWarm } = this;
    const needsFreshRead = this.anyNeedsFreshRead(batch);
    if (isWarm && !needsFreshRead) {
      this.context.swarmMetrics?.batchServed(batch.length, 'cached');
      return this.settle(batch, 0);
    }
    if (!isWarm && isStale(batch)) {
      const draft = this.apply(batch);
      if (draft !== this.state) {
        this.context.swarmMetrics?.batchServed(batch.length, 'unread');
        return this.store(batch, draft, 0);
      }
    }
    return this.load(needsFreshRead ? 'strong' : 'eventual').then(() => {
      if (!isWarm) {
        // Operations that came during the read join the batch, up to the first that needs a read
        // which began after it came.
        const end = this.queue.findIndex((waiting) => this.needsFreshRead(waiting));
        const room = Math.max(0, MAX_BATCH - batch.length);
        for (const waiting of this.queue.splice(0, Math.min(end < 0 ? room : end, room))) batch.push(waiting);
      }
      this.context.swarmMetrics?.batchServed(batch.length, 'read');
      if (needsFreshRead || !this.anyCannotDecide(batch)) return this.settle(batch, 1);
      // An eventual read is no better for these than a cached state.
      return this.load('strong').then(() => this.settle(batch, 2));
    });
  }

  /**
   * Applies a batch, stores the result, and answers; what others have written over is applied
   * again.
   */
  private settle(batch: readonly Waiting[], fetches: number): Promise<void> {
    const draft = this.apply(batch);
    if (draft === this.state) return this.answerAll(batch, fetches, false) ?? SETTLED;
    return this.store(batch, draft, fetches);
  }

  private store(batch: readonly Waiting[], draft: Shard, fetches: number): Promise<void> {
    return this.write(draft, 0).then((isMerged) => this.answerAll(batch, fetches, isMerged));
  }

  /** @param isMerged whether others wrote at the same time */
  private answerAll(
    batch: readonly Waiting[],
    fetches: number,
    isMerged: boolean,
  ): Promise<void> | undefined {
    let again: Waiting[] | undefined;
    for (const waiting of batch) {
      const { kind, operation } = waiting;
      const isLost = isMerged && kind === 'done' && operation.isAppliedIn?.(this.state) === false;
      if (isLost) (again ??= []).push(waiting);
      else this.answer(waiting, kind, fetches);
    }
    return again === undefined ? undefined : this.settle(again, fetches);
  }

  private anyNeedsFreshRead(batch: readonly Waiting[]): boolean {
    for (const waiting of batch) if (this.needsFreshRead(waiting)) return true;
    return false;
  }

  /** Whether an operation cannot decide on the present state, whatever its read mode. */
  private anyCannotDecide(batch: readonly Waiting[]): boolean {
    for (const { operation } of batch) {
      if (operation.needsFreshRead?.(this.state, this.now()) === true) return true;
    }
    return false;
  }

  /** Applies the operations that belong here, and notes of each whether it was applied. */
  private apply(batch: readonly Waiting[]): Shard {
    const now = this.now();
    let draft = this.state;
    for (const waiting of batch) {
      const kind = this.kindAt(waiting, draft);
      waiting.kind = kind;
      if (kind !== 'done') continue;
      if (waiting.readMode === 'create') draft = revived(draft);
      draft = waiting.operation.apply(draft, now);
    }
    return draft;
  }

  /** Others may have deepened the shard during the write: then the peer belongs elsewhere now. */
  private answer(waiting: Waiting, kind: Outcome['kind'], fetches: number): void {
    const shard = this.state;
    if (shard.header.misplaced) this.addWithMisplaced(this.number);
    waiting.resolve({
      kind: kind === 'done' ? this.kindAt(waiting, shard) : kind,
      shard,
      fetches,
      shardsWithMisplaced: this.withMisplaced === undefined ? NO_SHARDS : [...this.withMisplaced],
    });
  }

  private needsFreshRead({ operation, readMode }: Waiting): boolean {
    if (readMode === 'fresh' || readMode === 'create') return true;
    return operation.needsFreshRead?.(this.state, this.now()) === true;
  }

  /** Whether an operation can be applied to a state of the shard, or why not. */
  private kindAt({ operation, readMode }: Waiting, shard: Shard): Outcome['kind'] {
    const { hash } = operation;
    if (hash === undefined) return 'done';
    const creates = readMode === 'create';
    if (this.number !== 0 && !creates && this.isAbsent(shard)) return 'absent';
    if (shard.header.forwarding) return creates ? 'done' : 'forwarding';
    return owns(shard.header, hash) ? 'done' : 'elsewhere';
  }

  protected override splitIfTooLarge(draft: Shard): Promise<Shard> | undefined {
    if (this.number < 0) return this.shortenList(draft);
    return this.isTooLarge(draft) ? this.split(draft) : undefined;
  }

  /**
   * A list of a family is merged with what others have written, and by processes that do not know
   * that it is full: each such write would make it longer.
   */
  private shortenList(draft: Shard): Promise<Shard> | undefined {
    const { shardPeers } = this.context;
    return draft.count > shardPeers ? Promise.resolve(dropOldest(draft, shardPeers)) : undefined;
  }

  private isTooLarge(draft: Shard): boolean {
    const { shardPeers } = this.context;
    if (draft.count <= shardPeers || draft.header.forwarding) return false;
    return countOwned(draft) > shardPeers;
  }

  /**
   * Splits until the shard is small enough. The child is stored first, so no peer is ever nowhere.
   */
  private async split(draft: Shard): Promise<Shard> {
    do {
      if (draft.header.depth === MAX_DEPTH) return dropOldest(draft, this.context.shardPeers * 2);
      const { parent, child } = splitShard(draft);
      const { shardsWithMisplaced } = await this.writers
        .writer(this.infohash, child.number)
        .submit(new AbsorbOperation(child), 'create');
      for (const number of shardsWithMisplaced) this.addWithMisplaced(number);
      await this.listRare(parent, child);
      draft = parent;
    } while (this.isTooLarge(draft));
    return draft;
  }

  /** Lists the peers of a family that a split made rare: until they announce again nobody else does. */
  private async listRare(...halves: readonly Shard[]): Promise<void> {
    const { shardPeers, log } = this.context;
    for (const half of halves) {
      const rare = rareRecords(half, shardPeers);
      if (rare === undefined) continue;
      try {
        const list = this.writers.writer(this.infohash, listOf(rare.layout));
        await list.submit(new ListAllOperation(rare.records, shardPeers), 'stale');
      } catch (cause) {
        log.warn('rare family not listed', { infohash: this.infohash, cause });
      }
    }
  }

  private addWithMisplaced(number: number): void {
    this.withMisplaced ??= new Set();
    this.withMisplaced.add(number);
  }
}

function isStale(batch: readonly Waiting[]): boolean {
  for (const { readMode } of batch) if (readMode !== 'stale') return false;
  return true;
}
