/**
 * Row 4: what announces ask of Riak and of the processor, and how much of that is the tracker's own
 * code.
 */
import { optionsOfNpmStart } from '../trackers/standalone.js';
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { ratios, spreadOf } from '../spread.js';
import { runWorker } from '../support/worker.js';
import type { OwnCodeWorker } from '../workers/own-code.js';
import type { OperationsWorker, Warmth } from '../workers/riak-operations.js';

const WHAT: Readonly<Record<Warmth, string>> = {
  cold: 'a swarm that the process does not remember',
  warm: 'a swarm that it does, one announce at a time',
  hot: '64 announces at once, all to one swarm of one shard',
  'hot and large': '64 announces at once, all to one swarm of many shards',
};

export async function operations({ quick, rounds, tell }: RowOptions): Promise<Measured> {
  tell('announces on the Riak double');
  const onRiak = await runWorker<OperationsWorker>('riak-operations', { rounds, quick });
  tell('own code');
  const own = await runWorker<OwnCodeWorker>(
    'own-code',
    { rounds, announces: quick ? 10_000 : 25_000 },
    optionsOfNpmStart(),
  );
  const warmths = Object.keys(WHAT) as Warmth[];
  return {
    lines: [
      ...warmths.map((warmth): Line => ({
        id: `operations/${warmth}`,
        what: `operations of Riak for an announce, ${warmth}: ${WHAT[warmth]}`,
        unit: '',
        ours: spreadOf(onRiak[warmth].map((cost) => cost.operations)),
        rounds,
      })),
      ...warmths.map((warmth): Line => ({
        id: `operations/${warmth}, processor`,
        what: `processor time for an announce, Riak client included, ${warmth}`,
        unit: 'us',
        ours: spreadOf(onRiak[warmth].map((cost) => cost.microseconds)),
        rounds,
      })),
      {
        id: 'operations/own code',
        what: 'processor time of own code for an announce, 50 peers returned',
        unit: 'us',
        ours: spreadOf(own.announce),
        theirs: { name: 'calibration: FNV-1a of 8 KiB', figure: spreadOf(own.calibration) },
        ratio: ratios(own.announce, own.calibration),
        rounds,
      },
    ],
    notes: [
      'Operations are counted at the sockets of the Riak double, a process of its own. Every announce is written: the peers announced 25 minutes before.',
      'Own code is the deployed bundle from request target to reply on a store in memory that answers at once: 1,000 swarms of 150 peers, 64 announces at once. No HTTP; the garbage collector, with the options of `npm start`, and the compiler are in it.',
    ],
  };
}
