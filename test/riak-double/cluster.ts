/** What the nodes of the double hold together, and how copies come to where they belong. */

import { RiakError } from './answers.js';
import type { BucketType } from './bucket-types.js';
import { ClusterNode, type NodeState } from './cluster-node.js';
import { idOf, KeyIndex } from './key-index.js';
import { Ring, type Place } from './ring.js';
import { isSameCopy, isTombstone, joinStored, type ObjectState, type Stored } from './stored.js';
import type { Vnode } from './vnode.js';

/**
 * How long a tombstone stays once all owners of its partitions have it: Riak's delete_mode.
 * Immediate is 0.
 */
export type DeleteMode = { readonly afterMs: number } | 'keep';

export interface ClusterSettings {
  readonly nodes: number;
  readonly ringSize: number;
  readonly types: ReadonlyMap<string, BucketType>;
  readonly deleteMode: DeleteMode;
  readonly maxSiblings: number;
  /** How long after a node is up again others hand over what they keep for it, milliseconds. */
  readonly handoffAfterMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Vnodes write as actors above this number, so that those of two clusters differ; default 0. */
  readonly firstActor?: number;
}

interface Reaping {
  readonly id: string;
  readonly tombstone: ObjectState;
  readonly dueAt: number;
}

export class Cluster {
  readonly ring: Ring;
  readonly index = new KeyIndex();
  /**
   * Milliseconds until a write that was answered is at the other replicas. Without any it is there
   * before the answer.
   */
  replicationLag: () => number = () => 0;
  /** Called with every version that a client has made. */
  onWrite: (id: string, stored: Stored) => void = () => undefined;
  /** The most values that any object has held at once, and the most bytes of values. */
  readonly peak = { siblings: 0, objectBytes: 0 };

  private readonly nodes: readonly ClusterNode[];
  /** Before the last write: what a replica still holds that has missed it. */
  private readonly previous = new Map<string, Stored | undefined>();
  private readonly lives = new Map<string, number>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private reapings: Reaping[] = [];
  private lastActor: number;

  constructor(readonly settings: ClusterSettings) {
    this.ring = new Ring(settings.ringSize, settings.nodes);
    this.lastActor = settings.firstActor ?? 0;
    const newActor = (): number => {
      this.lastActor += 1;
      return this.lastActor;
    };
    this.nodes = Array.from({ length: settings.nodes }, () => new ClusterNode(newActor));
  }

  type(name: string): BucketType | undefined {
    return this.settings.types.get(name);
  }

  node(number: number): ClusterNode {
    const node = this.nodes[number];
    if (node === undefined) throw new RangeError(`no node ${number}`);
    return node;
  }

  /** Changes what a node is. Others hand over what they kept for one that is up again. */
  setState(number: number, state: NodeState): void {
    if (!this.node(number).become(state)) return;
    this.later(this.settings.handoffAfterMs, () => {
      this.handOff();
    });
  }

  placesOf(id: string, copies: number): Place[] {
    return this.ring.preferenceList(id, copies, (node) => this.node(node).isUp);
  }

  vnodeAt({ node, partition }: Place): Vnode {
    return this.node(node).vnode(partition);
  }

  /**
   * Does something at once, or after some milliseconds unless the double is closed before. Gives
   * what cancels it.
   */
  later(ms: number, act: () => void): () => void {
    if (ms <= 0) {
      act();
      return () => undefined;
    }
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
    return () => {
      this.timers.delete(timer);
      clearTimeout(timer);
    };
  }

  /** Writes what a coordinator made of a key. */
  write(id: string, place: Place, stored: Stored): void {
    this.previous.set(id, this.vnodeAt(place).read(id));
    this.vnodeAt(place).write(id, stored);
    this.written(id, stored);
    this.onWrite(id, stored);
  }

  /** Gives a version of another cluster to all replicas, which merge it with what they hold. */
  receive(id: string, copies: number, stored: Stored): void {
    for (const place of this.placesOf(id, copies)) {
      this.node(place.node).deliver(() => {
        this.merge(id, place, stored);
      });
    }
  }

  /** All that is held under any key, as one each. */
  *entries(): Generator<[id: string, stored: Stored]> {
    const ids = new Set(
      this.nodes.flatMap((node) => [...node.all.values()].flatMap((v) => [...v.entries()])).map(([id]) => id),
    );
    for (const id of ids) {
      const stored = this.copies(id).reduce<Stored | undefined>(
        (all, copy) => joinStored(all, copy.stored),
        undefined,
      );
      if (stored !== undefined) yield [id, stored];
    }
  }

  /** Gives a copy to a vnode that may hold another one, and tells what it has then. */
  merge(id: string, place: Place, stored: Stored): Stored {
    const merged = this.vnodeAt(place).merge(id, stored);
    this.written(id, merged);
    return merged;
  }

  /** What there was before the last write. */
  before(id: string): Stored | undefined {
    return this.previous.get(id);
  }

  /**
   * All copies in one, wherever they are. For who looks from outside: no request of a client sees
   * this.
   */
  merged(type: string, bucket: string, key: string): Stored | undefined {
    this.reap();
    const id = idOf(type, bucket, key);
    return this.copies(id).reduce<Stored | undefined>(
      (all, { stored }) => joinStored(all, stored),
      undefined,
    );
  }

  copies(id: string): { place: Place; stored: Stored }[] {
    return this.nodes.flatMap((node, number) =>
      [...node.all].flatMap(([partition, vnode]) => {
        const stored = vnode.read(id);
        const fallback = this.ring.ownerOf(partition) !== number;
        return stored === undefined ? [] : [{ place: { node: number, partition, fallback }, stored }];
      }),
    );
  }

  /** Hinted handoff: stand-ins give what they hold to the owners that are up, and forget it. */
  handOff(): void {
    for (const [number, node] of this.nodes.entries()) {
      for (const [partition, vnode] of [...node.all]) {
        const owner = this.ring.ownerOf(partition);
        if (owner === number || !this.node(owner).isUp) continue;
        node.drop(partition);
        const place = { node: owner, partition, fallback: false };
        this.node(owner).deliver(() => {
          for (const [id, stored] of vnode.entries()) this.merge(id, place, stored);
        });
      }
    }
  }

  /** All owners of a key's partitions have this tombstone: it may go in time. */
  reapLater(id: string, tombstone: ObjectState): void {
    const { deleteMode, now } = this.settings;
    if (deleteMode === 'keep') return;
    this.reapings.push({ id, tombstone, dueAt: now() + deleteMode.afterMs });
  }

  /**
   * Riak reaps with timers; here tombstones go when somebody next looks, which nobody can tell
   * apart.
   */
  reap(): void {
    if (this.reapings.length === 0) return;
    const now = this.settings.now();
    const due = this.reapings.filter(({ dueAt }) => dueAt <= now);
    if (due.length === 0) return;
    this.reapings = this.reapings.filter(({ dueAt }) => dueAt > now);
    for (const { id, tombstone } of due) {
      for (const node of this.nodes) {
        for (const vnode of node.all.values()) {
          const held = vnode.read(id);
          if (isTombstone(held) && isSameCopy(held, tombstone)) vnode.forget(id);
        }
      }
      if (this.copies(id).length === 0) this.index.delete(id);
    }
  }

  /**
   * The keys of a bucket from `from` on, as a coverage query finds them: of each preference list
   * one owner that is up is asked, and what it does not hold is not there.
   * @param offset which of the owners, the same for a whole query
   */
  *covered(typeName: string, bucket: string, from: string, offset: number): Generator<string> {
    this.reap();
    const copies = this.type(typeName)?.nVal ?? 1;
    for (const key of this.index.keys(typeName, bucket).from(from)) {
      const id = idOf(typeName, bucket, key);
      const partitions = this.ring.partitionsOf(id, copies);
      const up = partitions.filter((partition) => this.node(this.ring.ownerOf(partition)).isUp);
      if (up.length === 0) throw new RiakError('insufficient_vnodes_available');
      const wanted = partitions.find((partition) => partition % copies === offset % copies) ?? 0;
      const partition = up.includes(wanted) ? wanted : (up[0] ?? wanted);
      if (this.node(this.ring.ownerOf(partition)).vnode(partition).read(id) !== undefined) yield key;
    }
  }

  /** Changes when the key was taken from all vnodes: what was on its way to one then comes too late. */
  lifeOf(id: string): number {
    return this.lives.get(id) ?? 0;
  }

  /** Takes a key from every vnode at once. */
  forget(id: string): void {
    this.lives.set(id, this.lifeOf(id) + 1);
    for (const node of this.nodes) for (const vnode of node.all.values()) vnode.forget(id);
    this.index.delete(id);
  }

  /**
   * For a query that every node takes part in: settles when none is frozen.
   * Rejects with a timeout if that takes longer than `timeoutMs`; a minute unless it is said.
   */
  untilAllAnswer(timeoutMs = 60_000): Promise<void> {
    const frozen = this.nodes.filter(({ state }) => state === 'frozen');
    if (frozen.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const cancel = this.later(timeoutMs, () => {
        reject(new RiakError('timeout'));
      });
      let left = frozen.length;
      for (const node of frozen) {
        node.deliver(() => {
          left -= 1;
          if (left > 0) return;
          cancel();
          resolve();
        });
      }
    });
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private written(id: string, stored: Stored): void {
    this.index.add(id);
    if (stored.type !== 'object') return;
    const bytes = stored.values.reduce((sum, { value }) => sum + (value.value?.length ?? 0), 0);
    this.peak.siblings = Math.max(this.peak.siblings, stored.values.length);
    this.peak.objectBytes = Math.max(this.peak.objectBytes, bytes);
  }
}
