/** Upper bounds for how long a request or a store call takes, seconds. */
export const DURATION_BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

/**
 * Measurements counted by size, in fixed memory: a histogram as Prometheus has it. Most
 * measurements are small, so a walk from the lowest bound is over after a few steps.
 */
export class Histogram {
  private readonly bounds: Float64Array;
  /** How many were within each bound and above the one before; the last one: above all bounds. */
  private readonly counts: Float64Array;
  private total = 0;

  /** @param bounds upper bounds, each included, ascending */
  constructor(bounds: readonly number[]) {
    this.bounds = Float64Array.from(bounds);
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    counts[at] = (counts[at] as number) + 1;
    this.total += value;
  }

  /** Of all measurements together. */
  get sum(): number {
    return this.total;
  }

  /** How many measurements were at most as large as each bound; Infinity is the last one. */
  cumulative(): { readonly bound: number; readonly count: number }[] {
    let count = 0;
    return Array.from(this.counts, (inBucket, at) => {
      count += inBucket;
      return { bound: this.bounds[at] ?? Infinity, count };
    });
  }
}
