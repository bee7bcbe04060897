/** What a plan says of a site, beside what stores counted of it (check.ts). */
import type { Measured } from '../../lib/plan/measured.js';
import { plan, PLAN_DEFAULTS } from '../../lib/plan/plan.js';
import type { CheckedStore, CheckResults } from './check.js';

/** By what factor a plan may be off, either way. */
const FACTORS = { announces: 1.1, operations: 1.15, bytesMoved: 1.15, bytesStored: 1.1, processor: 3.5 };
/** On LMDB the log is planned as long as it may become. */
const LMDB_BYTES_FACTOR = 4;

export interface Agreement {
  readonly store: CheckedStore['store'];
  readonly server: string;
  readonly what: keyof typeof FACTORS;
  /** By what factor the plan may be off, either way. */
  readonly factor: number;
  readonly planned: number;
  readonly counted: number;
}

/** Each figure of each store, planned with the defaults and counted. */
export function agreements({ peers, seconds, stores }: CheckResults, measured: Measured): Agreement[] {
  return stores.flatMap((checked): Agreement[] => {
    const { store, server, counted, valueBytes, diskBytes, processorSeconds } = checked;
    const input = { ...PLAN_DEFAULTS, peers, store, riakCopies: 1, riakObjectBytes: 0 };
    const planned = plan(input, measured);
    const { acts, calls } = counted;
    const announces = acts.start + acts.announce + acts.complete + acts.stop;
    const of = (what: Agreement['what'], ours: number, theirs: number): Agreement => ({
      store,
      server,
      what,
      factor: store === 'lmdb' && what === 'bytesStored' ? LMDB_BYTES_FACTOR : FACTORS[what],
      planned: ours,
      counted: theirs,
    });
    return [
      of('announces', planned.announcesPerSecond.middle, announces / seconds),
      of(
        'operations',
        planned.operationsPerSecond.middle,
        (calls.reads + calls.writes + calls.counts) / seconds,
      ),
      of('bytesMoved', planned.bytesPerSecond, (calls.bytesRead + calls.bytesWritten) / seconds),
      of('bytesStored', planned.bytesStored, diskBytes ?? valueBytes),
      // On LMDB a plan counts processes by the rate of the row http, and knows no processor time.
      ...(store === 'lmdb'
        ? []
        : [of('processor', measured.coldMicroseconds.middle, (processorSeconds * 1e6) / announces)]),
    ];
  });
}
