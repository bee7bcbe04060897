/**
 * Row 9: the same announces on every kind of store: LMDB, the double of Riak, versitygw for S3 and
 * dynalite for DynamoDB, in turns. The three servers share the machine with the tracker, so a
 * figure says what store and server take together; processor time is the tracker's alone.
 */
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { ratios, spreadOf } from '../spread.js';
import { runWorker } from '../support/worker.js';
import type { StoresWorker } from '../workers/stores.js';

const base = 'LMDB';

export async function stores({ quick, rounds, tell }: RowOptions): Promise<Measured> {
  tell('announces on every store');
  const figures = await runWorker<StoresWorker>('stores', { rounds, announces: quick ? 1000 : 4000 });
  const { [base]: lmdb } = figures;
  if (lmdb === undefined) throw new Error('LMDB was not measured');
  const lines = Object.entries(figures).flatMap(([name, { perSecond, microseconds }]): Line[] => [
    {
      id: `stores/${name}`,
      what: `announces, ${name}`,
      unit: '1/s',
      ours: spreadOf(perSecond),
      ...(name === base
        ? {}
        : {
            theirs: { name: base, figure: spreadOf(lmdb.perSecond) },
            ratio: ratios(perSecond, lmdb.perSecond),
          }),
      rounds,
    },
    {
      id: `stores/${name}, processor`,
      what: `processor time of the tracker for an announce, ${name}`,
      unit: 'us',
      ours: spreadOf(microseconds),
      rounds,
    },
  ]);
  return {
    lines,
    notes: [
      '64 announces at once of new peers to 500 swarms that the process remembers, on the stores themselves, without HTTP. LMDB flushes; versitygw and dynalite do not.',
      'A store whose server is not installed is left out: npm test installs them.',
    ],
  };
}
