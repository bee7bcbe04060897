import type { SelfTime } from './self-times.js';

const ROWS = 40;
/** What takes less is left out. */
const LEAST = 0.002;

/** The functions that take the most, as a Markdown table. */
export function profileTable(times: readonly SelfTime[]): string {
  const rows = times
    .filter(({ share }) => share >= LEAST)
    .slice(0, ROWS)
    .map(
      ({ name, place, share }) =>
        `| ${percent(share)} | \`${name}\` | ${place === '' ? '' : `\`${place}\``} |\n`,
    );
  const shown = times.slice(0, rows.length).reduce((sum, { share }) => sum + share, 0);
  return `| own time | function | where |\n| --- | --- | --- |\n${rows.join('')}| ${percent(1 - shown)} | all others | |\n`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
