import type { PoolNode } from './pool-node.js';

/** The nodes of a pool, and which of them a call goes to. */
export class PoolNodes {
  /** The node that comes first among those alike. */
  private first: number;

  /** @param first processes start at different nodes: a small one may never need another */
  constructor(
    readonly all: readonly PoolNode[],
    first: number,
  ) {
    this.first = first;
  }

  /**
   * Those that are up, least busy first, those alike by rotation, and last those that are
   * questioned.
   * @param avoid left out if there is another one
   */
  byLoad(avoid: PoolNode | undefined): PoolNode[] {
    const [only] = this.all;
    if (this.all.length === 1 && only !== undefined) return only.up ? [only] : [];
    this.first = (this.first + 1) % this.all.length;
    const rotated = [...this.all.slice(this.first), ...this.all.slice(0, this.first)];
    const up = rotated.filter((node) => node.up).sort(byQuestionThenLoad);
    const others = up.filter((node) => node !== avoid);
    return others.length > 0 ? others : up;
  }

  get isAnyUp(): boolean {
    return this.all.some((node) => node.up);
  }

  hasOther(node: PoolNode | undefined): boolean {
    return this.all.some((other) => other.up && other !== node);
  }

  /** How many connections are being opened. */
  get openings(): number {
    return this.all.reduce((sum, { opening }) => sum + opening.size, 0);
  }
}

function byQuestionThenLoad(a: PoolNode, b: PoolNode): number {
  return Number(a.questioned) - Number(b.questioned) || a.busy - b.busy;
}
