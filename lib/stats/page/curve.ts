const WIDTH = 960;
const HEIGHT = 160;

/** The least that the curve's height stands for, so that one announce does not fill it. */
const MIN_PEAK = 10;

/**
 * A curve of counts by slot of time as an SVG that stretches to whatever width it gets. Colours
 * come from classes of the page's style.
 * @param label what who cannot see it is told
 */
export function curve(counts: readonly number[], label: string): string {
  const peak = Math.max(MIN_PEAK, ...counts);
  const step = WIDTH / counts.length;
  const tops = counts.map((count) => round(HEIGHT - (count / peak) * (HEIGHT - 4)));
  const steps = tops.map((top, at) => `V${top}H${round((at + 1) * step)}`).join('');
  const grid = [0, 0.5, 1].map((share) => {
    const y = round(HEIGHT - share * (HEIGHT - 4));
    return `<path class="grid" d="M0 ${y}H${WIDTH}"/>`;
  });
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">` +
    grid.join('') +
    `<path class="area" d="M0 ${HEIGHT}${steps}V${HEIGHT}Z"/>` +
    `<path class="line" d="M0 ${tops[0] ?? HEIGHT}${steps}"/></svg>`
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
