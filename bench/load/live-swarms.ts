import { powerLawSizes } from './power-law.js';
import { Turns } from './turns.js';

/** Peers in swarms of all sizes. Peers are numbered, those of one swarm in a row. */
export class LiveSwarms {
  /** The number of each swarm's first peer, and behind the last swarm the number of peers. */
  readonly starts: Uint32Array;
  /** Which peer's turn it is to announce. */
  readonly turns: Turns;

  constructor(
    readonly peers: number,
    readonly swarms: number,
  ) {
    const sizes = powerLawSizes(swarms, peers);
    this.starts = new Uint32Array(swarms + 1);
    for (let swarm = 0; swarm < swarms; swarm++) {
      this.starts[swarm + 1] = (this.starts[swarm] ?? 0) + (sizes[swarm] ?? 0);
    }
    this.turns = new Turns(peers);
  }

  swarmOf(peer: number): number {
    let low = 0;
    let high = this.swarms;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.starts[middle] ?? 0) <= peer) low = middle;
      else high = middle;
    }
    return low;
  }
}
