import type { Histogram } from './histogram.js';

export type Labels = Readonly<Record<string, string>>;

/** One number of a counter or a gauge. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/**
 * Figures of one name. The names follow the conventions of Prometheus: base units, a counter's name
 * ends in `_total` when it is written, and not here.
 */
export type MetricFamily = {
  readonly name: string;
  readonly help: string;
  /** The base unit, which the name ends in, e.g. `seconds`. */
  readonly unit?: string;
} & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
  | {
      readonly type: 'histogram';
      readonly histograms: readonly { readonly labels: Labels; readonly histogram: Histogram }[];
    }
);

/** A family of one number without labels. */
export function single(type: 'counter' | 'gauge', name: string, help: string, value: number): MetricFamily {
  return { type, name, help, samples: [{ labels: {}, value }] };
}
