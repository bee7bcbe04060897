/** The ring of the double: which partition a key is in, and which nodes hold its copies. */

/** Where one copy of a key is: a partition, and the node that keeps it. */
export interface Place {
  readonly partition: number;
  readonly node: number;
  /** The node stands in for the partition's owner, which is down. */
  readonly fallback: boolean;
}

/**
 * Partitions are claimed by turns. Where their number cannot be divided by that of the nodes, the
 * last and the first partitions are neighbours with one owner: some preference lists have a node
 * twice, as with 64 partitions on three nodes of Riak.
 */
export class Ring {
  constructor(
    readonly size: number,
    readonly nodes: number,
  ) {}

  partitionOf(id: string): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    return ((hash ^ (hash >>> 13)) >>> 0) % this.size;
  }

  ownerOf(partition: number): number {
    return (partition % this.size) % this.nodes;
  }

  /** The partitions that hold a key's copies: its own one and those after it. */
  partitionsOf(id: string, copies: number): number[] {
    const first = this.partitionOf(id);
    return Array.from({ length: Math.min(copies, this.size) }, (_, i) => (first + i) % this.size);
  }

  /**
   * The places of a key's copies. For each owner that is down the owner of a later partition stands
   * in, with a vnode of its own; less than `copies` only if fewer partitions have an owner that is
   * up.
   */
  preferenceList(id: string, copies: number, isUp: (node: number) => boolean): Place[] {
    const partitions = this.partitionsOf(id, copies);
    const standIns = this.standInsAfter(partitions, isUp);
    return partitions.flatMap((partition): Place[] => {
      const owner = this.ownerOf(partition);
      if (isUp(owner)) return [{ partition, node: owner, fallback: false }];
      const node = standIns.shift();
      return node === undefined ? [] : [{ partition, node, fallback: true }];
    });
  }

  /** Nodes that are up, by the partitions that follow. */
  private standInsAfter(partitions: readonly number[], isUp: (node: number) => boolean): number[] {
    const next = (partitions[0] ?? 0) + partitions.length;
    const nodes: number[] = [];
    for (let i = 0; i < this.size; i += 1) {
      const owner = this.ownerOf(next + i);
      if (isUp(owner)) nodes.push(owner);
    }
    return nodes;
  }
}
