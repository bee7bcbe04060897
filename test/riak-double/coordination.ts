/** How the node that was asked gets an answer from the replicas (riak_kv_get_fsm, riak_kv_put_fsm). */

import { RiakError } from './answers.js';
import type { Cluster } from './cluster.js';
import { checkNodesUp, readDecision, type ReadQuorum, type WriteQuorum } from './quorum.js';
import type { Place } from './ring.js';
import { isSameCopy, isTombstone, joinStored, type Stored } from './stored.js';

export interface Task {
  readonly cluster: Cluster;
  /** The node that was asked. */
  readonly node: number;
  readonly id: string;
  readonly copies: number;
  /** Of the key, when this was asked (Cluster.lifeOf). */
  readonly life: number;
  /** How long it may take, milliseconds; a minute unless it is said. */
  readonly timeoutMs: number | undefined;
}

interface Reply {
  readonly place: Place;
  readonly stored: Stored | undefined;
}

type Decision = 'enough' | 'not-found' | 'wait';

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * What a quorum of replicas holds, as one; undefined if it holds nothing. Afterwards every replica
 * that answered gets what it lacked.
 */
export async function readReplicas(task: Task, quorum: ReadQuorum): Promise<Stored | undefined> {
  const { cluster, id, copies } = task;
  const places = cluster.placesOf(id, copies);
  checkNodesUp(places, quorum.r, quorum.pr, 'pr');
  const decide = (replies: readonly Reply[]): Decision => {
    const seen = replies.map(({ stored, place }) => ({
      found: stored !== undefined,
      fallback: place.fallback,
    }));
    return readDecision(quorum, places.length, seen);
  };
  const replies = new Replies(task, places.length, decide);
  for (const place of shuffled(places, cluster.settings.random)) {
    cluster.node(place.node).deliver(() => {
      replies.add({ place, stored: cluster.vnodeAt(place).read(id) });
    });
  }
  return replies.answer;
}

/**
 * Lets a vnode of the preference list make a new version of what it holds, and sends that to the
 * others.
 * @param make the new version, by what the coordinating vnode holds and the actor that it writes
 *   as; what it throws is the answer
 * @returns what the replicas that make the quorum hold then, as one
 */
export async function writeReplicas(
  task: Task,
  quorum: WriteQuorum,
  make: (held: Stored | undefined, actor: number) => Stored,
): Promise<Stored | undefined> {
  const { cluster, id, copies } = task;
  const places = cluster.placesOf(id, copies);
  const needed = Math.max(quorum.w, quorum.dw);
  checkNodesUp(places, needed, quorum.pw, 'pw');
  const decide = (replies: readonly Reply[]): Decision => {
    const primaries = replies.filter(({ place }) => !place.fallback).length;
    return replies.length >= needed && primaries >= quorum.pw ? 'enough' : 'wait';
  };
  const replies = new Replies(task, places.length, decide);
  const send = (place: Place, written: Stored): void => {
    cluster.later(cluster.replicationLag(), () => {
      cluster.node(place.node).deliver(() => {
        replies.add({ place, stored: isLate(task) ? undefined : cluster.merge(id, place, written) });
      });
    });
  };
  const coordinator = coordinatorOf(task, places);
  cluster.node(coordinator.node).deliver(() => {
    if (isLate(task)) return;
    replies.failingWith(() => {
      const vnode = cluster.vnodeAt(coordinator);
      const written = make(vnode.read(id), vnode.actorFor(id));
      cluster.write(id, coordinator, written);
      replies.add({ place: coordinator, stored: written });
      for (const place of places) if (place !== coordinator) send(place, written);
    });
  });
  return replies.answer;
}

/** A vnode of the node that was asked; if it has none of this key, any. */
function coordinatorOf({ cluster, node }: Task, places: readonly Place[]): Place {
  const own = places.find((place) => place.node === node);
  const chosen = own ?? places[Math.floor(cluster.settings.random() * places.length)];
  if (chosen === undefined) throw new RiakError('all_nodes_down');
  return chosen;
}

/** Replies as they come, until they are enough. Those that come later count for read repair only. */
class Replies {
  readonly answer: Promise<Stored | undefined>;
  private readonly all: Reply[] = [];
  private resolve!: (stored: Stored | undefined) => void;
  private reject!: (error: unknown) => void;
  private readonly cancelTimeout: () => void;

  constructor(
    private readonly task: Task,
    private readonly expected: number,
    private readonly decide: (replies: readonly Reply[]) => Decision,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.cancelTimeout = task.cluster.later(task.timeoutMs ?? DEFAULT_TIMEOUT_MS, () => {
      this.reject(new RiakError('timeout'));
      repair(task, this.all, expected);
    });
  }

  add(reply: Reply): void {
    this.all.push(reply);
    const decision = this.decide(this.all);
    if (decision === 'enough') this.resolve(joined(this.all));
    else if (decision === 'not-found') this.resolve(undefined);
    if (this.all.length < this.expected) return;
    this.cancelTimeout();
    repair(this.task, this.all, this.expected);
  }

  failingWith(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.cancelTimeout();
      this.reject(error);
    }
  }
}

/** Whether the key was taken from all vnodes since this was asked. */
function isLate({ cluster, id, life }: Task): boolean {
  return cluster.lifeOf(id) !== life;
}

function joined(replies: readonly Reply[]): Stored | undefined {
  return replies.reduce<Stored | undefined>((all, { stored }) => joinStored(all, stored), undefined);
}

/**
 * Gives every replica that has answered what the others have, and lets a tombstone go that all
 * owners have.
 */
function repair(task: Task, replies: readonly Reply[], expected: number): void {
  const { cluster, id } = task;
  const all = joined(replies);
  if (all === undefined || isLate(task)) return;
  for (const { place, stored } of replies) {
    if (isSameCopy(stored, all)) continue;
    cluster.node(place.node).deliver(() => {
      cluster.merge(id, place, all);
    });
  }
  const isEverywhere = replies.length === expected && replies.every(({ place }) => !place.fallback);
  if (isEverywhere && isTombstone(all)) cluster.reapLater(id, all);
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const mixed = [...list];
  for (let i = mixed.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
  }
  return mixed;
}
