/**
 * Row 3: the announce bundle in an action's container (POST /run, 64 runs at once), against an
 * action that returns a result of the same length at once.
 *
 * Why it is fair. A container is one process, and on OpenWhisk neither the store nor the clients
 * are on its core. So the container has a core for itself here, and the load and the Riak double
 * share the others: the double is JavaScript and would otherwise take from the container what a
 * Riak on its own machine would not. How busy container and double were is in the notes: while the
 * container's core is full and the other is not, the rate is the container's own. Both actions get
 * the same parameters and give as many bytes. The peers turn from leecher to seeder and back, so
 * that every announce is written; the swarms keep their size.
 *
 * Three variants, as it is the store's client that takes most of the time. One hot swarm: announces
 * that come at once share a write. Many swarms: hardly any do, each announce is one operation of
 * Riak. And a store that costs nothing: what remains is the tracker's own code. That one calls the
 * bundle past its outermost layer (`create` in the place of `main`), which needs a store from its
 * parameters.
 *
 * The runtime is the double's. OpenWhisk's own takes more time for a run, about half a millisecond,
 * so that a tracker would look better against it.
 */
import { readFileSync } from 'node:fs';
import { startRiakDoubleProcess } from '../../test/riak-double/process.js';
import { trackerTypes } from '../../test/riak-double/tracker-types.js';
import { RunLoad, type RunsOptions } from '../load/run-load.js';
import { bundlePath } from '../paths.js';
import { startRuntime } from '../trackers/runtime.js';
import { formatNumber } from '../report/numbers.js';
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { alternate, ratios, spreadOf } from '../spread.js';
import { fixedResult, freeStoreAction } from '../support/action-code.js';
import { leaveFirstCore } from '../support/affinity.js';
import { cpuSecondsOf } from '../support/process-cpu.js';
import { makeScratch } from '../support/scratch.js';

const SECONDS = 5;
/** One shard. */
const HOT: Omit<RunsOptions, 'bound'> = { swarms: 1, swarmSize: 150 };
export const MANY: Omit<RunsOptions, 'bound'> = { swarms: 500, swarmSize: 60 };

type Variant = 'one hot swarm' | 'many swarms' | 'store at once';

const WHAT: Readonly<Record<Variant, string>> = {
  'one hot swarm': 'runs of announce, Riak, 64 at once to one swarm',
  'many swarms': 'runs of announce, Riak, 64 at once to 500 swarms',
  'store at once': 'runs of announce, a store that costs nothing',
};

export async function runtime({ rounds, atEnd, tell }: RowOptions): Promise<Measured> {
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  atEnd.add(leaveFirstCore());
  const double = await startRiakDoubleProcess({ types: trackerTypes });
  atEnd.add(() => double.close());
  const bound = { STORE: 'riak', RIAK_NODES: double.addresses };

  const contender = async (name: string, code: string, options: RunsOptions): Promise<RunLoad> => {
    const container = await startRuntime(name, code);
    atEnd.add(container.stop);
    return new RunLoad(scratch.directory, container, options);
  };
  const bundle = readFileSync(bundlePath('announce'), 'utf8');
  const trackers: Readonly<Record<Variant, RunLoad>> = {
    'one hot swarm': await contender('one hot swarm', bundle, { ...HOT, bound }),
    'many swarms': await contender('many swarms', bundle, { ...MANY, bound }),
    'store at once': await contender('store at once', `exports.main = ${freeStoreAction()};`, {
      ...MANY,
      bound,
    }),
  };
  for (const [name, load] of Object.entries(trackers)) {
    tell(`${name}: every peer announces`);
    await load.fill();
  }
  const typical = await replyWithPeers(trackers);
  const immediate = await contender(
    'immediate',
    `const result = ${fixedResult(typical)}; exports.main = () => result;`,
    { ...MANY, bound },
  );
  const loads = { ...trackers, immediate };
  for (const load of Object.values(loads)) await load.rate(2);

  const busy = new Map<string, number[]>();
  const measured = (name: keyof typeof loads) => async (): Promise<number> => {
    const { pid } = loads[name].runtime;
    const before = [cpuSecondsOf(pid), cpuSecondsOf(double.pid)] as const;
    const rate = await loads[name].rate(SECONDS);
    const [container, store] = [cpuSecondsOf(pid) - before[0], cpuSecondsOf(double.pid) - before[1]];
    busy.set(name, [...(busy.get(name) ?? []), container / SECONDS]);
    busy.set(`${name}, double`, [...(busy.get(`${name}, double`) ?? []), store / SECONDS]);
    return rate;
  };
  const figures = await alternate<keyof typeof loads>(
    rounds,
    {
      'one hot swarm': measured('one hot swarm'),
      'many swarms': measured('many swarms'),
      'store at once': measured('store at once'),
      immediate: measured('immediate'),
    },
    tell,
  );
  await replyWithPeers(trackers);

  const share = (name: string): string => `${formatNumber(100 * spreadOf(busy.get(name) ?? []).median)}%`;
  return {
    lines: (Object.keys(WHAT) as Variant[]).map((variant): Line => ({
      id: `runtime/${variant}`,
      what: WHAT[variant],
      unit: '1/s',
      ours: spreadOf(figures[variant]),
      theirs: { name: 'an action that returns at once', figure: spreadOf(figures.immediate) },
      ratio: ratios(figures[variant], figures.immediate),
      rounds,
    })),
    notes: [
      `wrk with 64 connections, ${SECONDS} s a turn. The container has a core for itself; the load and the Riak double have the rest.`,
      `How busy the container's core was, and the double: one hot swarm ${share('one hot swarm')} and ${share('one hot swarm, double')}, many swarms ${share('many swarms')} and ${share('many swarms, double')}, a store that costs nothing ${share('store at once')}, the immediate action ${share('immediate')}.`,
      'The runtime process is that of the OpenWhisk double, which is leaner than OpenWhisk: against its own runtime the ratios are higher.',
    ],
  };
}

/** @throws Error unless every tracker gives 50 peers */
async function replyWithPeers(trackers: Readonly<Record<Variant, RunLoad>>): Promise<Buffer> {
  let typical: Buffer = Buffer.alloc(0);
  for (const load of Object.values(trackers)) {
    typical = await load.sample();
    if (!typical.includes('5:peers300:'))
      throw new Error(`${load.runtime.name}: ${typical.toString('latin1')}`);
  }
  return typical;
}
