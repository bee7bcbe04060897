/**
 * What a list of a million torrents costs: processor time for an announce beside one without a list,
 * in turns in one process. Announces are for 1,000 swarms, as in the row operations, and for 50,000,
 * whose places in the list are in no cache of the processor.
 */
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { ratios, spreadOf } from '../spread.js';
import { runWorker } from '../support/worker.js';
import { optionsOfNpmStart } from '../trackers/standalone.js';
import { formatNumber } from '../report/numbers.js';
import type { ListCostOutput, ListCostWorker } from '../workers/list-cost.js';

const ENTRIES = 1_000_000;
/** An announce is short, and the difference small: a round is two turns of some tenths of a second. */
const ROUNDS = 12;

export async function lists({ quick, rounds, tell }: RowOptions): Promise<Measured> {
  const measured = async (swarms: number, peersInSwarm: number): Promise<ListCostOutput> => {
    tell(`${ENTRIES} on the list, announces for ${swarms} swarms`);
    const announces = quick ? 5000 : 10_000;
    return runWorker<ListCostWorker>(
      'list-cost',
      { entries: ENTRIES, swarms, peersInSwarm, rounds: rounds * ROUNDS, announces },
      optionsOfNpmStart(),
    );
  };
  const few = await measured(1000, 150);
  const many = await measured(50_000, 10);
  const line = (id: string, swarms: string, { listed, open }: ListCostOutput): Line => ({
    id: `lists/${id}`,
    what: `processor time for an announce with a list of a million, ${swarms} swarms`,
    unit: 'us',
    ours: spreadOf(listed),
    theirs: { name: 'without a list', figure: spreadOf(open) },
    ratio: ratios(listed, open),
    rounds: listed.length,
  });
  return {
    lines: [line('few', '1,000', few), line('many', '50,000', many)],
    notes: [
      'From request target to reply on a store in memory that answers at once, as own code in the row operations: one tracker with the list and without it in turns. The middle round counts: one alone says little.',
      `To read the text of the list takes ${formatNumber(few.readSeconds)} s, to write its parts ${formatNumber(few.importSeconds)} s, to read them again ${formatNumber(few.startSeconds)} s, the store apart. In memory it has ${formatNumber(few.bytes / 1e6)} MB.`,
    ],
  };
}
