/**
 * Replication between clusters, as Riak has it: each write of a client goes to the other clusters
 * soon after, as the whole object with its clock ("realtime"), and a comparison of all keys brings
 * what was missed ("fullsync"). The cluster that gets an object merges it as it merges copies of its
 * own nodes. Objects come late, in any order, and some of them twice.
 *
 * Not here: a queue that is full, and the deletion of counters, which goes to no other cluster.
 */
import type { Cluster } from './cluster.js';
import type { Stored } from './stored.js';

export interface LinkSettings {
  /** Of every bucket type. */
  readonly copies: number;
  /** How late an object comes, milliseconds. */
  readonly lagMs: () => number;
  /** The share of objects that come a second time. */
  readonly repeated: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

interface Message {
  readonly from: number;
  readonly to: number;
  readonly id: string;
  readonly stored: Stored;
  readonly dueAt: number;
}

export class RegionLink {
  /** Objects that came to another cluster. */
  delivered = 0;
  private underWay: Message[] = [];
  private readonly cutOff = new Set<number>();

  constructor(
    private readonly clusters: readonly Cluster[],
    private readonly settings: LinkSettings,
  ) {
    for (const [from, cluster] of clusters.entries()) {
      cluster.onWrite = (id, stored) => {
        this.send(from, id, stored);
      };
    }
  }

  /** Cuts a cluster off. What is on its way from it or to it is lost. */
  cut(cluster: number): void {
    this.cutOff.add(cluster);
    this.underWay = this.underWay.filter((message) => this.isWhole(message));
  }

  /** Realtime goes on. What was missed comes with `compareAll`. */
  restore(cluster: number): void {
    this.cutOff.delete(cluster);
  }

  /** What is due comes. To be called as time passes. */
  deliver(): void {
    const now = this.settings.now();
    const due = this.underWay.filter(({ dueAt }) => dueAt <= now);
    this.underWay = this.underWay.filter(({ dueAt }) => dueAt > now);
    for (const { to, id, stored } of due.sort((a, b) => a.dueAt - b.dueAt)) this.receive(to, id, stored);
  }

  /** Fullsync between all clusters that are not cut off. */
  compareAll(): void {
    for (const [from, cluster] of this.clusters.entries()) {
      for (const [id, stored] of cluster.entries()) {
        for (const to of this.clusters.keys()) if (this.isWhole({ from, to })) this.receive(to, id, stored);
      }
    }
  }

  private send(from: number, id: string, stored: Stored): void {
    const { now, lagMs, random, repeated } = this.settings;
    for (const to of this.clusters.keys()) {
      if (!this.isWhole({ from, to })) continue;
      const times = random() < repeated ? 2 : 1;
      for (let time = 0; time < times; time++) {
        this.underWay.push({ from, to, id, stored, dueAt: now() + lagMs() });
      }
    }
  }

  private receive(to: number, id: string, stored: Stored): void {
    this.delivered++;
    this.clusters[to]?.receive(id, this.settings.copies, stored);
  }

  private isWhole({ from, to }: { from: number; to: number }): boolean {
    return from !== to && !this.cutOff.has(from) && !this.cutOff.has(to);
  }
}
