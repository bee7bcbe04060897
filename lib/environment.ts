/** What a run takes from outside, passed in so that a test controls it. */

/** Milliseconds since the epoch. */
export interface Clock {
  now(): number;
}

/** A number from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

export const systemClock: Clock = { now: () => Date.now() };
