/**
 * Row 5: what an announce and a scrape cost as swarms grow from 1 to 1,000,000 peers, and as the
 * number of swarms does.
 *
 * The peers announce as live clients do, once in half an hour each (support/population.ts): a small
 * swarm's announces come far apart, so its shard has to be read again each time, and a swarm of a
 * million has 556 announces a second. The clock is made to follow, so nobody waits. Time is that of
 * one request after the other: on a store in memory the processor time of the tracker's own code,
 * on LMDB the time until the disk has it.
 */
import type { Curve, Line, Measured, Series } from '../results.js';
import type { RowOptions } from '../row.js';
import { ratios, spreadOf } from '../spread.js';
import { makeScratch } from '../support/scratch.js';
import { runWorker } from '../support/worker.js';
import type { Cost, GrowthInput, GrowthOutput, GrowthWorker } from '../workers/growth.js';

/** What a swarm of a million is held against: two shards. */
const SMALL = 200;
/** The largest swarm of one shard with the default SHARD_PEERS. */
const ONE_SHARD = 192;
const LARGE = 1_000_000;
const POWERS = [1, 10, 100, 1000, 10_000, 100_000, LARGE];

const SIZES = [...POWERS, ONE_SHARD, SMALL].sort((a, b) => a - b);
const PEERS_IN_SMALL_SWARMS = 5;

export async function growth(options: RowOptions): Promise<Measured> {
  const { quick, rounds, atEnd, tell } = options;
  const sizes = quick ? [ONE_SHARD, SMALL, LARGE] : SIZES;
  const bySize = { populations: sizes.map((swarmSize) => ({ swarms: 1, swarmSize })), rounds };
  tell('swarms of 1 to 1,000,000 peers, in memory');
  const memory = await run({
    ...bySize,
    directory: undefined,
    announces: quick ? 4000 : 10_000,
    scrapes: quick ? 300 : 1000,
  });
  const of = (costs: readonly Cost[][], size: number): readonly Cost[] => costs[sizes.indexOf(size)] ?? [];
  const announceTime = 'processor time of an announce, a million peers in a swarm';
  const lines = [
    compare(
      'announce time',
      announceTime,
      'microseconds',
      of(memory.announces, LARGE),
      of(memory.announces, SMALL),
      SMALL,
    ),
    compare(
      'announce bytes',
      'bytes to and from the store, an announce, a million peers in a swarm',
      'bytes',
      of(memory.announces, LARGE),
      of(memory.announces, SMALL),
      SMALL,
    ),
    compare(
      'scrape time',
      'processor time of a scrape, a million peers in a swarm',
      'microseconds',
      of(memory.scrapes, LARGE),
      of(memory.scrapes, ONE_SHARD),
      ONE_SHARD,
    ),
    compare(
      'scrape bytes',
      'bytes from the store, a scrape, a million peers in a swarm',
      'bytes',
      of(memory.scrapes, LARGE),
      of(memory.scrapes, ONE_SHARD),
      ONE_SHARD,
    ),
  ];
  if (quick) return { lines, notes: [] };

  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  tell('the same on LMDB, each write flushed');
  const disk = await run({
    ...bySize,
    directory: `${scratch.directory}/sizes`,
    announces: 300,
    scrapes: 300,
  });
  lines.push(
    compare(
      'announce time, LMDB',
      'time of an announce until the disk has it, a million peers in a swarm',
      'microseconds',
      of(disk.announces, LARGE),
      of(disk.announces, SMALL),
      SMALL,
    ),
  );
  const byCount = {
    populations: POWERS.map((swarms) => ({ swarms, swarmSize: PEERS_IN_SMALL_SWARMS })),
    rounds,
  };
  tell('1 to 1,000,000 swarms, in memory');
  const many = await run({ ...byCount, directory: undefined, announces: 10_000, scrapes: 0 });
  tell('the same on LMDB, each write flushed');
  const manyOnDisk = await run({
    ...byCount,
    directory: `${scratch.directory}/counts`,
    announces: 300,
    scrapes: 0,
  });
  lines.push(
    compare(
      'swarms',
      'processor time of an announce, a million swarms',
      'microseconds',
      many.announces.at(-1) ?? [],
      many.announces[0] ?? [],
      '1 swarm',
    ),
    compare(
      'swarms, LMDB',
      'time of an announce until the disk has it, a million swarms',
      'microseconds',
      manyOnDisk.announces.at(-1) ?? [],
      manyOnDisk.announces[0] ?? [],
      '1 swarm',
    ),
  );
  return {
    lines,
    notes: [
      'Each peer announces once in 1,800 s of a clock that is made to follow, as live clients do, so every announce is written. One request at a time.',
      'On the store in memory time is processor time of the whole process; on LMDB it is time by the clock, most of it the flush.',
      `A scrape is held against a full shard, ${ONE_SHARD} peers. Of a large swarm it reads shard 0, a sample of 16, and here and there one more for a shard of another depth.`,
      `The number of swarms grows with ${PEERS_IN_SMALL_SWARMS} peers in each.`,
    ],
    curves: [
      curve('growth-time', 'Time per request as a swarm grows', 'peers in the swarm', 'microseconds', [
        series('announce, memory', sizes, memory.announces, 'microseconds'),
        series('announce, LMDB', sizes, disk.announces, 'microseconds'),
        series('scrape, memory', sizes, memory.scrapes, 'microseconds'),
        series('scrape, LMDB', sizes, disk.scrapes, 'microseconds'),
      ]),
      curve(
        'growth-bytes',
        'Bytes to and from the store as a swarm grows',
        'peers in the swarm',
        'bytes per request',
        [
          series('announce', sizes, memory.announces, 'bytes'),
          series('scrape', sizes, memory.scrapes, 'bytes'),
        ],
      ),
      curve('growth-swarms', 'Time per announce as the number of swarms grows', 'swarms', 'microseconds', [
        series('memory', POWERS, many.announces, 'microseconds'),
        series('LMDB', POWERS, manyOnDisk.announces, 'microseconds'),
      ]),
    ],
  };
}

function run(input: GrowthInput): Promise<GrowthOutput> {
  return runWorker<GrowthWorker>('growth', input);
}

type Measure = 'microseconds' | 'bytes';
const UNITS: Readonly<Record<Measure, string>> = { microseconds: 'us', bytes: 'bytes' };

function compare(
  id: string,
  what: string,
  measure: Measure,
  large: readonly Cost[],
  small: readonly Cost[],
  than: number | string,
): Line {
  const ours = large.map((cost) => cost[measure]);
  const theirs = small.map((cost) => cost[measure]);
  return {
    id: `growth/${id}`,
    what,
    unit: UNITS[measure],
    ours: spreadOf(ours),
    theirs: { name: typeof than === 'number' ? `${than} peers` : than, figure: spreadOf(theirs) },
    ratio: ratios(ours, theirs),
    rounds: ours.length,
  };
}

function series(name: string, sizes: readonly number[], costs: readonly Cost[][], measure: Measure): Series {
  const points = sizes.map(
    (size, i) => [size, spreadOf((costs[i] ?? []).map((cost) => cost[measure])).median] as const,
  );
  // Beside the next size the largest single shard would only make a step in the curve.
  return { name, points: points.filter(([size]) => size !== ONE_SHARD) };
}

function curve(id: string, title: string, xLabel: string, yLabel: string, all: readonly Series[]): Curve {
  return { id, title, xLabel, yLabel, series: all };
}
