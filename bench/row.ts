import type { Cleanup } from '../test/support/cleanup.js';
import type { Measured } from './results.js';

/** What a row is run with. */
export interface RowOptions {
  /** Shorter, and fewer rounds: for a check that runs often. */
  readonly quick: boolean;
  readonly rounds: number;
  /** For `headline`: live peers, and how long announces go on. */
  readonly peers: number | undefined;
  readonly seconds: number | undefined;
  /** A line on the terminal for whoever waits. */
  readonly tell: (message: string) => void;
  /** What the row starts is ended by this, last first, also when it fails. */
  readonly atEnd: Cleanup;
}

/** Measures one row. Rejects if anything was answered wrongly: a wrong figure is worse than none. */
export type Row = (options: RowOptions) => Promise<Measured>;
