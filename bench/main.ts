/** Chooses rows, runs them one after the other, and reports. */
import { Progress } from '../lib/progress.mjs';
import { Cleanup } from '../test/support/cleanup.js';
import { parseArguments, USAGE, type Arguments } from './arguments.js';
import { GOALS, judge, QUICK_FLOORS } from './goals.js';
import { commitLine, machineLine, processorTime, stolenSince } from './machine.js';
import { profile } from './profile/profile.js';
import { formatNumber } from './report/numbers.js';
import { tableOf, terminalTable } from './report/table.js';
import { writeReports } from './report/write.js';
import type { RowResult } from './results.js';
import type { RowName } from './row-names.js';
import { rows } from './rows/index.js';
import { runSimulation } from './simulation/main.js';

/** Rounds of a run whose figures are kept. */
const FULL_ROUNDS = 5;

/**
 * @returns the status that the process ends with: 0 if everything was measured and, with --quick,
 *   no floor was missed
 */
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
  if ('simulate' in chosen) {
    await runSimulation(chosen.simulate, chosen);
    return 0;
  }
  const results: RowResult[] = [];
  let failed = false;
  for (const row of chosen.rows) {
    try {
      const result = await measure(row, chosen);
      results.push(result);
      if (isKept(chosen)) writeReports([result]);
    } catch (error) {
      // The other rows have nothing to do with it.
      failed = true;
      console.error(`${row} failed:`, error);
    }
  }
  const goals = chosen.quick ? QUICK_FLOORS : GOALS;
  console.log(terminalTable(tableOf(results, goals, chosen.quick ? 'best' : 'median')));
  return failed || (chosen.quick && !areFloorsHeld(results)) ? 1 : 0;
}

/** What is shorter than a full run is only printed. */
function isKept({ quick, rounds, peers, seconds }: Arguments): boolean {
  return !quick && rounds >= FULL_ROUNDS && peers === undefined && seconds === undefined;
}

/** A floor whose line is missing is missed, too. */
function areFloorsHeld(results: readonly RowResult[]): boolean {
  const floors = QUICK_FLOORS.filter(({ line }) => results.some(({ row }) => line.startsWith(`${row}/`)));
  const verdicts = judge(
    results.flatMap(({ lines }) => lines),
    floors,
    'best',
  );
  return verdicts.length === floors.length && verdicts.every(({ holds }) => holds);
}

async function measure(row: RowName, { quick, rounds, peers, seconds }: Arguments): Promise<RowResult> {
  const progress = new Progress(row, { isPlainSilent: true });
  const tell = (message: string): void => {
    progress.interrupt(() => {
      console.log(`${row}: ${message}`);
    });
  };
  const atEnd = new Cleanup();
  const start = performance.now();
  const before = processorTime();
  try {
    const measured = await rows[row]({ quick, rounds, peers, seconds, tell, atEnd });
    return {
      row,
      date: new Date().toISOString(),
      commit: commitLine(),
      machine: machineLine(),
      seconds: Math.round((performance.now() - start) / 1000),
      ...measured,
      notes: [...measured.notes, ...stolenNote(stolenSince(before))],
    };
  } finally {
    progress.end();
    await atEnd.run();
  }
}

function stolenNote(share: number | undefined): string[] {
  return share === undefined
    ? []
    : [
        `The host gave ${formatNumber(100 * share)}% of the processor time that was asked for to others meanwhile.`,
      ];
}
