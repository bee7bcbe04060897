/** The lines of results as a table: for a terminal, and for Markdown. */
import { describeGoal, judge, type Goal } from '../goals.js';
import type { Line, RowResult } from '../results.js';
import { formatNumber, formatRange } from './numbers.js';

const HEADINGS = ['row', 'what', 'ours', 'theirs', 'ratio', 'spread', 'goal', ''] as const;

/** @param floors what is judged in the place of the goals, each by its best round */
export function tableOf(
  results: readonly RowResult[],
  goals: readonly Goal[],
  by: 'median' | 'best',
): string[][] {
  const body = results.flatMap(({ row, lines }) => lines.map((line) => cellsOf(row, line, goals, by)));
  return [[...HEADINGS], ...body];
}

function cellsOf(row: string, line: Line, goals: readonly Goal[], by: 'median' | 'best'): string[] {
  const { what, unit, ours, theirs, ratio, rounds } = line;
  const [verdict] = judge([line], goals, by);
  return [
    row,
    what,
    `${formatNumber(ours.median)} ${unit}`.trim(),
    theirs === undefined ? '' : `${formatNumber(theirs.figure.median)} (${theirs.name})`,
    ratio === undefined ? '' : formatNumber(ratio.median),
    rounds === 1 ? '' : formatRange(ratio ?? ours),
    verdict === undefined ? '' : describeGoal(verdict.goal),
    verdict === undefined ? '' : verdict.holds ? 'held' : 'missed',
  ];
}

export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

export function terminalTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? '').length)),
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
