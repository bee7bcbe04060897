import { LinkedList } from '../../linked-list.js';
import type { Shard } from '../shard/shard.js';
import type { WriterContext } from './cached-shard.js';
import { ShardWriter, type ShardWriters } from './shard-writer.js';

/**
 * A shard that was used again so often, each time soon after it was dropped, is protected at once.
 */
const GHOST_HITS_TO_PROTECT = 2;
/** As many as the default memory has room for writers, and some more. */
const MAX_GHOSTS = 16_384;
/** The share of the memory for writers on probation. */
const PROBATION_SHARE = 1 / 64;
/** Bytes for writers on probation, at least, but no more than half of the memory. */
const MIN_PROBATION_BYTES = 1024 * 1024;
/**
 * Bytes of a writer beside its shard's: the objects, the key, the map's entry, and a version such
 * as the 60 bytes of a vector clock. Mean of 40,000 swarms with one peer each, on Node 20.
 */
const WRITER_BYTES = 800;

/**
 * The shard cache: the writers of the shards that this process used lately, and with each the state
 * of its shard. A writer in use stays, so that this process does not compete with itself.
 *
 * Replacement follows 2Q. A new writer is on probation: in a small part of the memory, first in,
 * first out. If it was used again by the time its turn comes, it is protected: it may have the rest
 * of the memory until its state is too old to be used, the least recently used first out. So is one
 * whose shard was used again, twice in a row, soon after it was dropped: its ghost tells. Once may
 * be chance, and of a great many shards enough are used again by chance to fill the memory. So
 * swarms that announce rarely do not push out busy ones, and their states are dropped young, which
 * is when that costs the garbage collector least.
 *
 * Invariant: protected writers that are idle are in the order of their last use.
 */
export class ShardCache implements ShardWriters {
  /** By swarm, then by shard. */
  private readonly swarms = new Map<string, SwarmWriters>();
  private readonly probation = new Queue();
  private readonly protectedWriters = new Queue();
  private readonly ghosts = new Ghosts();
  private readonly maxProbationBytes: number;
  private readonly maxProtectedBytes: number;

  /** @param maxBytes of all that is cached */
  constructor(
    private readonly context: WriterContext,
    maxBytes: number,
  ) {
    this.maxProbationBytes = Math.max(
      maxBytes * PROBATION_SHARE,
      Math.min(maxBytes / 2, MIN_PROBATION_BYTES),
    );
    this.maxProtectedBytes = maxBytes - this.maxProbationBytes;
  }

  /** The writer of a shard of a swarm. */
  writer(infohash: string, number: number): ShardWriter {
    let writers = this.swarms.get(infohash);
    if (writers === undefined) {
      writers = new SwarmWriters();
      this.swarms.set(infohash, writers);
    }
    let writer = writers.get(number);
    if (writer === undefined) {
      writer = new ShardWriter(this, this.context, infohash, number);
      writers.set(number, writer);
      writer.ghostHits = this.ghosts.hitsOf(writer);
      const isProtected = writer.ghostHits >= GHOST_HITS_TO_PROTECT;
      (isProtected ? this.protectedWriters : this.probation).append(writer);
    } else {
      writer.used = true;
    }
    return writer;
  }

  /** The writer of a shard, if there is one. */
  peek(infohash: string, number: number): ShardWriter | undefined {
    return this.swarms.get(infohash)?.get(number);
  }

  /** For each of these numbers the shard of a swarm, undefined if it is not cached or too old. */
  warm(infohash: string, numbers: readonly number[]): (Shard | undefined)[] {
    const writers = this.swarms.get(infohash);
    return numbers.map((number) => writers?.get(number)?.warm);
  }

  onIdle(writer: ShardWriter): void {
    const { queuedIn } = writer;
    if (queuedIn === undefined) return;
    if (queuedIn === this.protectedWriters) {
      // Those on probation share the memory that they were read into, and are soon gone with it.
      writer.compact();
      this.protectedWriters.remove(writer);
      this.protectedWriters.append(writer);
    }
    queuedIn.resize(writer, WRITER_BYTES + writer.bytes);
    if (this.probation.bytes > this.maxProbationBytes) this.endProbation();
    if (this.protectedWriters.bytes > this.maxProtectedBytes) this.evict();
    this.dropUnused();
  }

  /** Protects the first writers on probation if they were used again, and drops them if not. */
  private endProbation(): void {
    const { probation, protectedWriters } = this;
    let looks = probation.length;
    for (let writer = probation.first; writer !== undefined; writer = probation.first) {
      if (probation.bytes <= this.maxProbationBytes || looks-- === 0) return;
      probation.remove(writer);
      if (writer.used) {
        writer.used = false;
        if (!writer.busy) writer.compact();
        protectedWriters.append(writer);
      } else if (writer.busy) {
        probation.append(writer);
      } else {
        this.ghosts.add(writer);
        this.forget(writer);
      }
    }
  }

  private evict(): void {
    const { protectedWriters } = this;
    let looks = protectedWriters.length;
    for (let writer = protectedWriters.first; writer !== undefined; writer = protectedWriters.first) {
      if (protectedWriters.bytes <= this.maxProtectedBytes || looks-- === 0) return;
      this.drop(writer);
    }
  }

  /** Drops the least recently used protected writer if its state is too old. Called at each use. */
  private dropUnused(): void {
    const { first } = this.protectedWriters;
    if (first?.isWarm === false) this.drop(first);
  }

  /** Drops a protected writer unless it is in use: then it goes to the end of the queue. */
  private drop(writer: ShardWriter): void {
    this.protectedWriters.remove(writer);
    if (writer.busy) this.protectedWriters.append(writer);
    else this.forget(writer);
  }

  private forget({ infohash, number }: ShardWriter): void {
    const writers = this.swarms.get(infohash);
    writers?.set(number, undefined);
    if (writers?.isEmpty === true) this.swarms.delete(infohash);
  }
}

/**
 * Writers dropped lately, as hashes of their keys; each is kept until another one takes its slot.
 * One may be taken for another, which does no harm.
 */
class Ghosts {
  /** The lowest bit of a hash says that the writer had a ghost hit when it was dropped. */
  private readonly hashes = new Uint32Array(MAX_GHOSTS);

  add(writer: ShardWriter): void {
    const hash = hashOf(writer);
    this.hashes[slotOf(hash)] = writer.ghostHits === 0 ? hash : hash + 1;
  }

  /** How often in a row a writer was made again soon after it was dropped: 0, 1, or 2 for more. */
  hitsOf(writer: ShardWriter): 0 | 1 | 2 {
    const hash = hashOf(writer);
    const known = this.hashes[slotOf(hash)];
    if (known === hash) return 1;
    return known === hash + 1 ? 2 : 0;
  }
}

/** Even, and never 0. */
function hashOf({ infohash, number }: ShardWriter): number {
  let hash = Math.imul(number, 0x9e3779b1);
  for (let i = 0; i < infohash.length; i++) hash = Math.imul(hash ^ infohash.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 15)) & ~1) >>> 0 || 2;
}

function slotOf(hash: number): number {
  return (hash >>> 1) % MAX_GHOSTS;
}

/** Writers in the order in which they may be dropped, and the bytes that they take together. */
class Queue {
  bytes = 0;
  length = 0;
  private readonly list = new LinkedList<ShardWriter>();

  get first(): ShardWriter | undefined {
    return this.list.first;
  }

  append(writer: ShardWriter): void {
    this.list.append(writer);
    writer.queuedIn = this;
    this.length++;
    this.bytes += writer.size;
  }

  remove(writer: ShardWriter): void {
    this.list.remove(writer);
    writer.queuedIn = undefined;
    this.length--;
    this.bytes -= writer.size;
  }

  resize(writer: ShardWriter, bytes: number): void {
    this.bytes += bytes - writer.size;
    writer.size = bytes;
  }
}

/** The writers of one swarm by shard. Most swarms have one shard, which needs no map. */
class SwarmWriters {
  private root: ShardWriter | undefined;
  private others: Map<number, ShardWriter> | undefined;

  get(number: number): ShardWriter | undefined {
    return number === 0 ? this.root : this.others?.get(number);
  }

  set(number: number, writer: ShardWriter | undefined): void {
    if (number === 0) {
      this.root = writer;
    } else if (writer === undefined) {
      this.others?.delete(number);
    } else {
      this.others ??= new Map();
      this.others.set(number, writer);
    }
  }

  get isEmpty(): boolean {
    return this.root === undefined && (this.others === undefined || this.others.size === 0);
  }
}
