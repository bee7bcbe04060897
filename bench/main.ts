/** Chooses rows, runs them one after the other, and reports. */
import { Cleanup } from '../test/support/cleanup.js';
import { parseArguments, USAGE, type Arguments } from './arguments.js';
import { GOALS, judge, QUICK_FLOORS } from './goals.js';
import { commitLine, machineLine } from './machine.js';
import { profile } from './profile/profile.js';
import { tableOf, terminalTable } from './report/table.js';
import { writeReports } from './report/write.js';
import type { RowResult } from './results.js';
import type { RowName } from './row-names.js';
import { rows } from './rows/index.js';

/** @returns the status that the process ends with: 0 if everything was measured and, with --quick, no floor was missed */
export async function main(args: readonly string[]): Promise<number> {
  const chosen = parseArguments(args);
  if (chosen === undefined) {
    console.log(USAGE);
    return 2;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // What was started ends with this process: see its exit handlers.
    process.once(signal, () => process.exit(130));
  }
  if ('profile' in chosen) {
    await profile(chosen.profile);
    return 0;
  }
  const results: RowResult[] = [];
  for (const row of chosen.rows) {
    const result = await measure(row, chosen);
    results.push(result);
    // Row by row: a later one that fails does not take the earlier ones with it.
    if (!chosen.quick) writeReports([result]);
  }
  const table = chosen.quick ? tableOf(results, QUICK_FLOORS, 'best') : tableOf(results, GOALS, 'median');
  console.log(terminalTable(table));
  if (!chosen.quick) return 0;
  const missed = results
    .flatMap(({ lines }) => judge(lines, QUICK_FLOORS, 'best'))
    .filter(({ holds }) => !holds);
  return missed.length === 0 ? 0 : 1;
}

async function measure(row: RowName, { quick, rounds, peers, seconds }: Arguments): Promise<RowResult> {
  const tell = (message: string): void => {
    console.log(`${row}: ${message}`);
  };
  const atEnd = new Cleanup();
  const start = performance.now();
  try {
    const measured = await rows[row]({ quick, rounds, peers, seconds, tell, atEnd });
    return {
      row,
      date: new Date().toISOString(),
      commit: commitLine(),
      machine: machineLine(),
      seconds: Math.round((performance.now() - start) / 1000),
      ...measured,
    };
  } finally {
    await atEnd.run();
  }
}
