import { parseArgs } from 'node:util';
import { isSubjectName, SUBJECT_NAMES, type SubjectName } from './profile/subject-names.js';
import { isRowName, ROW_NAMES, type RowName } from './row-names.js';
import { isSimulationName, SIMULATION_NAMES, type SimulationName } from './simulation/names.js';

export interface Arguments {
  readonly rows: readonly RowName[];
  readonly quick: boolean;
  readonly rounds: number;
  readonly peers: number | undefined;
  readonly seconds: number | undefined;
}

/** What a command line asks for. */
export type Command =
  | { readonly profile: SubjectName }
  | {
      readonly simulate: SimulationName;
      readonly peers: number | undefined;
      readonly minutes: number | undefined;
      readonly whole: number | undefined;
    }
  | Arguments;

export const USAGE = `Usage: npm run bench                      every row but headline
       npm run bench -- ROW ...           these rows; what is in bench/ of the others stays
       npm run bench -- --quick           http, operations and growth in short, held to floors; writes nothing
       npm run bench -- headline [--peers N] [--seconds N]
       npm run bench -- profile SUBJECT   where ours spends its time under a row's load;
                                          SUBJECT: ${SUBJECT_NAMES.join(', ')}
       npm run bench -- simulate NAME [--peers N] [--minutes N] [--whole N]
                                          a site in simulated time; NAME: ${SIMULATION_NAMES.join(', ')}

Rows: ${ROW_NAMES.join(', ')}
--rounds N: how often each figure is taken; 5 by default, 3 with --quick`;

const QUICK_ROWS: readonly RowName[] = ['http', 'operations', 'growth'];

/** Undefined if the arguments are none that there are. */
export function parseArguments(args: readonly string[]): Command | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        peers: { type: 'string' },
        seconds: { type: 'string' },
        minutes: { type: 'string' },
        whole: { type: 'string' },
      },
    });
    const { quick } = values;
    const [first, subject, ...more] = positionals;
    if (first === 'profile') {
      const isOne = subject !== undefined && isSubjectName(subject) && more.length === 0;
      return isOne ? { profile: subject } : undefined;
    }
    if (first === 'simulate') {
      if (subject === undefined || !isSimulationName(subject) || more.length > 0) return undefined;
      return {
        simulate: subject,
        peers: numberIn(values.peers),
        minutes: numberIn(values.minutes),
        whole: numberIn(values.whole),
      };
    }
    const named = positionals.filter(isRowName);
    if (named.length < positionals.length) return undefined;
    const preset = quick ? QUICK_ROWS : ROW_NAMES.filter((name) => name !== 'headline');
    return {
      rows: named.length > 0 ? named : preset,
      quick,
      rounds: numberIn(values.rounds) ?? (quick ? 3 : 5),
      peers: numberIn(values.peers),
      seconds: numberIn(values.seconds),
    };
  } catch {
    // An option that there is not.
    return undefined;
  }
}

function numberIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new RangeError(text);
  return number;
}
