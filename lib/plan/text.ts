import type { Figure } from './measured.js';
import type { Plan, PlanInput } from './plan.js';

/** A plan beside one with whole swarms, as a table for a terminal. */
export function planText(input: PlanInput, ours: Plan, whole: Plan): string {
  const rows: [string, string, string][] = [['', 'this tracker', 'whole swarms, read and written each time']];
  const add = (name: string, of: (plan: Plan) => string | undefined): void => {
    const [a, b] = [of(ours), of(whole)];
    if (a !== undefined || b !== undefined) rows.push([name, a ?? '-', b ?? '-']);
  };
  add('swarms', ({ swarms }) => numberText(swarms));
  add('peers in the largest', ({ largestSwarm }) => numberText(largestSwarm));
  add('announces a second', (plan) => figureText(plan.announcesPerSecond));
  add('runs a second, one announce each', (plan) => optional(plan.runsPerSecond));
  add('runs a second, with the front', (plan) => optional(plan.batchedRunsPerSecond));
  add(input.store === 'lmdb' ? 'processes' : 'containers of one core', (plan) => figureText(plan.containers));
  add('containers, with the front', (plan) => optional(plan.batchedContainers));
  add('store operations a second', (plan) => figureText(plan.operationsPerSecond));
  add('bytes stored', ({ bytesStored }) => bytesText(bytesStored));
  add('bytes to and from the store a second', ({ bytesPerSecond }) => bytesText(bytesPerSecond));
  add(`nodes of ${input.riakCores} cores`, (plan) => optional(plan.nodes));
  add('write units a second', (plan) => optional(plan.writeUnitsPerSecond));
  add('US dollars for 30 days', (plan) => optional(plan.dollarsPerMonth));
  add('peers in swarms that the store cannot hold', ({ impossible }) =>
    impossible === 0 ? undefined : `${Math.round(impossible * 100)} %`,
  );
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const title = `${numberText(input.peers)} peers, an announce each ${input.intervalSeconds} s and up to ${input.jitterPercent} % more, STORE=${input.store}`;
  return `${[title, '', ...lines].join('\n')}\n`;
}

/** `middle (low to high)`; the middle alone where they are alike. */
export function figureText({ low, middle, high }: Figure): string {
  const texts = [low, middle, high].map(numberText);
  return texts[0] === texts[2]
    ? (texts[1] ?? '')
    : `${texts[1] ?? ''} (${texts[0] ?? ''} to ${texts[2] ?? ''})`;
}

/** Three digits, or whole numbers. */
export function numberText(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power] ?? ''}`;
}

function optional(figure: Figure | undefined): string | undefined {
  return figure === undefined ? undefined : figureText(figure);
}
