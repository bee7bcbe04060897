/**
 * RESULTS.md: the table, the curves, and for each row when and where its figures were taken and
 * what they mean.
 */
import { GOALS, judge } from '../goals.js';
import type { RowResult } from '../results.js';
import { markdownTable, tableOf } from './table.js';

export function markdownOf(results: readonly RowResult[]): string {
  const verdicts = judge(
    results.flatMap(({ lines }) => lines),
    GOALS,
    'median',
  );
  const missed = verdicts.filter(({ holds }) => !holds);
  return `# Results

Made by \`npm run bench\`; [README.md](README.md) says how. A ratio is ours divided by theirs, taken round by round in
one run: the middle of the rounds, and from the lowest to the highest. A row without a spread was measured once. Figures
that are no ratios hold for one machine.

${verdicts.length - missed.length} of ${verdicts.length} goals are held${missed.length === 0 ? '' : `; missed: ${missed.map(({ line }) => line.id).join('; ')}. What stands in the way of these: [profiles/README.md](profiles/README.md)`}.

${markdownTable(tableOf(results, GOALS, 'median'))}
${results.map(sectionOf).join('\n')}`;
}

function sectionOf({ row, date, commit, machine, seconds, notes, curves = [] }: RowResult): string {
  const plots = curves.map(({ id, title }) => `![${title}](${id}.svg)\n`).join('\n');
  return `## ${row}

${date.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}, ${seconds} s. ${machine}.

${notes.map((note) => `- ${note}\n`).join('')}${plots === '' ? '' : `\n${plots}`}`;
}
