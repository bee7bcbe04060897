/** What a run gives. Plain data: it is kept in results.json, and every report is made from it. */
import type { RowName } from './row-names.js';
import type { Spread } from './spread.js';

export interface Line {
  /** Names the line for good, e.g. `http/opentracker`; goals refer to it. */
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly ours: Spread;
  /** What ours is compared with. */
  readonly theirs?: { readonly name: string; readonly figure: Spread };
  /** Ours divided by theirs, round by round. */
  readonly ratio?: Spread;
  readonly rounds: number;
}

/** A growth curve, for a plot. */
export interface Curve {
  /** Also the name of its file. */
  readonly id: string;
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a row measured. */
export interface Measured {
  readonly lines: readonly Line[];
  /** What a reader must know to judge the lines: what was done, what was not. */
  readonly notes: readonly string[];
  readonly curves?: readonly Curve[];
}

/**
 * A row's measurements with where and when they were taken: rows of one file may be from different
 * runs.
 */
export interface RowResult extends Measured {
  readonly row: RowName;
  /** ISO 8601, when the row was finished. */
  readonly date: string;
  /** Abbreviated, with `+` if files were changed. */
  readonly commit: string;
  /** Processor, cores, Node, kernel. */
  readonly machine: string;
  readonly seconds: number;
}
