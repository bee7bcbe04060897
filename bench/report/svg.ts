/**
 * Growth curves as SVG, by hand: logarithmic axes, labels with units, readable on a light and on a
 * dark page.
 */
import type { Curve, Series } from '../results.js';
import { formatNumber } from './numbers.js';

const WIDTH = 640;
const HEIGHT = 360;
const PLOT = { left: 72, right: 470, top: 40, bottom: 304 };

/**
 * Told apart on white and on black, and by who sees few colours; each series also has its own
 * dashes.
 */
const STROKES = [
  { colour: '#2f81f7', dash: '' },
  { colour: '#d29922', dash: '6 3' },
  { colour: '#3fb950', dash: '2 3' },
  { colour: '#db61a2', dash: '8 3 2 3' },
] as const;

/** A scale from values to pixels, logarithmic, over whole decades. */
interface Scale {
  readonly decades: readonly number[];
  at(value: number): number;
}

/** The plot as a file of its own. Values must be above 0. */
export function svgOf({ title, xLabel, yLabel, series }: Curve): string {
  const x = logScale(
    series.flatMap(({ points }) => points.map(([value]) => value)),
    PLOT.left,
    PLOT.right,
  );
  const y = logScale(
    series.flatMap(({ points }) => points.map(([, value]) => value)),
    PLOT.bottom,
    PLOT.top,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escapeXml(title)}">`,
    STYLE,
    `<text class="title" x="${PLOT.left}" y="22">${escapeXml(title)}</text>`,
    ...x.decades.map((value) => xTick(x, value)),
    ...y.decades.map((value) => yTick(y, value)),
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 40}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    `<text transform="translate(16 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(yLabel)}</text>`,
    ...series.map((one, index) => seriesOf(one, index, x, y)),
    '</svg>',
    '',
  ].join('\n');
}

const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 14px; font-weight: 600 }
.grid { stroke: #8b949e; stroke-opacity: 0.35 }
.line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
</style>`;

function xTick(scale: Scale, value: number): string {
  const at = px(scale.at(value));
  return `<line class="grid" x1="${at}" y1="${PLOT.top}" x2="${at}" y2="${PLOT.bottom}"/><text x="${at}" y="${PLOT.bottom + 18}" text-anchor="middle">${tickText(value)}</text>`;
}

function yTick(scale: Scale, value: number): string {
  const at = px(scale.at(value));
  return `<line class="grid" x1="${PLOT.left}" y1="${at}" x2="${PLOT.right}" y2="${at}"/><text x="${PLOT.left - 8}" y="${px(scale.at(value) + 4)}" text-anchor="end">${tickText(value)}</text>`;
}

function seriesOf({ name, points }: Series, index: number, x: Scale, y: Scale): string {
  const { colour, dash } = STROKES[index % STROKES.length] ?? STROKES[0];
  const path = points.map(([px0, py0]) => `${px(x.at(px0))},${px(y.at(py0))}`).join(' ');
  const dots = points
    .map(([px0, py0]) => {
      const tip = `${name}: ${formatNumber(px0)}, ${formatNumber(py0)}`;
      return `<circle cx="${px(x.at(px0))}" cy="${px(y.at(py0))}" r="3" fill="${colour}"><title>${escapeXml(tip)}</title></circle>`;
    })
    .join('');
  const legendAt = PLOT.top + 8 + index * 22;
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return [
    `<polyline class="line" stroke="${colour}"${dashes} points="${path}"/>${dots}`,
    `<line class="line" stroke="${colour}"${dashes} x1="${PLOT.right + 14}" y1="${legendAt}" x2="${PLOT.right + 40}" y2="${legendAt}"/>`,
    `<text x="${PLOT.right + 46}" y="${legendAt + 4}">${escapeXml(name)}</text>`,
  ].join('\n');
}

/** @throws RangeError for a value that a logarithmic axis does not have */
function logScale(values: readonly number[], from: number, to: number): Scale {
  if (values.length === 0 || !values.every((value) => value > 0 && Number.isFinite(value))) {
    throw new RangeError(`no logarithmic axis for ${JSON.stringify(values)}`);
  }
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    decades: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  };
}

function tickText(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  if (value >= 1e3) return `${value / 1e3}k`;
  return String(value);
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
