/**
 * A node as the other nodes of the cluster know it: what it holds, and whether it takes what they
 * send.
 */

import { Vnode } from './vnode.js';

/**
 * `down`: everybody knows, others stand in. `starting`: it has joined the others again, but its
 * services have not. `frozen`: nobody knows, and what is sent to it waits.
 */
export type NodeState = 'up' | 'frozen' | 'down' | 'starting';

export class ClusterNode {
  private readonly vnodes = new Map<number, Vnode>();
  private backlog: (() => void)[] = [];
  private current: NodeState = 'up';

  /** @param newActor gives a number that no vnode has yet */
  constructor(private readonly newActor: () => number) {}

  get state(): NodeState {
    return this.current;
  }

  /**
   * What waited for a frozen node is done when it goes on, and lost if it ends.
   * @returns whether it is up again after it was away
   */
  become(state: NodeState): boolean {
    const wasUp = this.isUp;
    this.current = state;
    if (state !== 'frozen') {
      const waiting = this.backlog;
      this.backlog = [];
      if (state === 'up') for (const act of waiting) act();
    }
    return !wasUp && this.isUp;
  }

  /** Whether the cluster counts on it. */
  get isUp(): boolean {
    return this.current === 'up' || this.current === 'frozen';
  }

  /** Does what another node asks of it: now, when it goes on, or never. */
  deliver(act: () => void): void {
    if (this.current === 'up') act();
    else if (this.current === 'frozen') this.backlog.push(act);
  }

  /** Its vnode of a partition, made when it is first needed. */
  vnode(partition: number): Vnode {
    let vnode = this.vnodes.get(partition);
    if (vnode === undefined) this.vnodes.set(partition, (vnode = new Vnode(this.newActor)));
    return vnode;
  }

  /** Its vnodes by partition. */
  get all(): ReadonlyMap<number, Vnode> {
    return this.vnodes;
  }

  drop(partition: number): void {
    this.vnodes.delete(partition);
  }

  /** As a node whose disk was replaced. */
  wipe(): void {
    this.vnodes.clear();
  }
}
