import type { Labels, MetricFamily } from './metric-family.js';

/** How metrics are written down. */
export interface ExpositionFormat {
  readonly contentType: string;
  readonly isOpenMetrics: boolean;
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const PROMETHEUS_TEXT: ExpositionFormat = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  isOpenMetrics: false,
};

/** https://prometheus.io/docs/specs/om/open_metrics_spec/ */
export const OPEN_METRICS: ExpositionFormat = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  isOpenMetrics: true,
};

/** The format that the header Accept asks for: OpenMetrics only if it is named and not refused. */
export function formatFor(accept: string | undefined): ExpositionFormat {
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    if (type !== 'application/openmetrics-text') continue;
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return OPEN_METRICS;
  }
  return PROMETHEUS_TEXT;
}

/**
 * Families as text, in pieces: one family each, so that who has others to serve can serve them in
 * between. Whoever reads it gets the same numbers in either format.
 */
export function* exposition(families: readonly MetricFamily[], format: ExpositionFormat): Generator<string> {
  for (const family of families) yield familyText(family, format);
  if (format.isOpenMetrics) yield '# EOF\n';
}

function familyText(family: MetricFamily, { isOpenMetrics }: ExpositionFormat): string {
  const { name, help, type, unit } = family;
  const sampled = type === 'counter' ? `${name}_total` : name;
  const named = isOpenMetrics ? name : sampled;
  const lines = [`# HELP ${named} ${escapeHelp(help, isOpenMetrics)}`, `# TYPE ${named} ${type}`];
  if (isOpenMetrics && unit !== undefined) lines.push(`# UNIT ${named} ${unit}`);
  if (family.type === 'histogram') {
    for (const { labels, histogram } of family.histograms) {
      const buckets = histogram.cumulative();
      for (const { bound, count } of buckets) {
        lines.push(line(`${name}_bucket`, { ...labels, le: floatText(bound) }, count));
      }
      lines.push(line(`${name}_sum`, labels, histogram.sum));
      lines.push(line(`${name}_count`, labels, buckets.at(-1)?.count ?? 0));
    }
  } else {
    for (const { labels, value } of family.samples) lines.push(line(sampled, labels, value));
  }
  return `${lines.join('\n')}\n`;
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** A bound is a float in either format, so that both give the same label. */
function floatText(bound: number): string {
  return Number.isInteger(bound) ? bound.toFixed(1) : numberText(bound);
}

function escapeHelp(text: string, isOpenMetrics: boolean): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return isOpenMetrics ? escaped.replaceAll('"', '\\"') : escaped;
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
