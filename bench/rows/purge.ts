/**
 * Row 8: how many peers and swarms a purge gets through in a second. On a store in memory that
 * answers at once it is the purge's own work, on LMDB the store's speed. Swarms are small as most
 * are, 18 peers as the mean of a power law, or large.
 */
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { spreadOf } from '../spread.js';
import { makeScratch } from '../support/scratch.js';
import { runWorker } from '../support/worker.js';
import type { PurgeInput, PurgeOutput, PurgeWorker } from '../workers/purge.js';

const PEERS = 1_000_000;
const LARGE_SWARM = 10_000;

interface Subject extends Pick<PurgeInput, 'sizes' | 'expired'> {
  readonly id: string;
  readonly what: string;
  readonly onDisk: boolean;
}

const SUBJECTS: readonly Subject[] = [
  {
    id: 'nothing expired',
    what: 'nothing expired, in memory',
    sizes: 'power law',
    expired: false,
    onDisk: false,
  },
  { id: 'all expired', what: 'all expired, in memory', sizes: 'power law', expired: true, onDisk: false },
  {
    id: 'nothing expired, large',
    what: 'nothing expired, in memory, 10,000 peers a swarm',
    sizes: LARGE_SWARM,
    expired: false,
    onDisk: false,
  },
  {
    id: 'nothing expired, LMDB',
    what: 'nothing expired, LMDB',
    sizes: 'power law',
    expired: false,
    onDisk: true,
  },
  { id: 'all expired, LMDB', what: 'all expired, LMDB', sizes: 'power law', expired: true, onDisk: true },
];

export async function purge({ rounds, atEnd, tell }: RowOptions): Promise<Measured> {
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  const lines: Line[] = [];
  for (const { id, what, sizes, expired, onDisk } of SUBJECTS) {
    tell(what);
    const directory = onDisk ? scratch.directory : undefined;
    const output = await runWorker<PurgeWorker>('purge', { directory, peers: PEERS, sizes, expired, rounds });
    lines.push(line(id, `peers, ${what}`, output, 'peersPerSecond', rounds));
    if (sizes === 'power law') {
      lines.push(line(`${id}, swarms`, `swarms, ${what}`, output, 'swarmsPerSecond', rounds));
    }
  }
  return {
    lines,
    notes: [
      `${PEERS.toLocaleString('en-US')} peers in ${Math.round(PEERS / 18).toLocaleString('en-US')} swarms by a power law, or in swarms of ${LARGE_SWARM.toLocaleString('en-US')}; a whole purge from listing the keys to its report.`,
      'On LMDB every write is flushed before the purge goes on, as in the standalone process.',
    ],
  };
}

function line(
  id: string,
  what: string,
  output: PurgeOutput,
  figure: 'peersPerSecond' | 'swarmsPerSecond',
  rounds: number,
): Line {
  return { id: `purge/${id}`, what, unit: '1/s', ours: spreadOf(output[figure]), rounds };
}
