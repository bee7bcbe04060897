/**
 * Announces over UDP through the front to the OpenWhisk double and the Riak double: with as many in
 * a run as come meanwhile, beside one run an announce. All fronts ask the same double, which is in
 * this process, in turns. The Riak double takes as much for a write however it is asked, so the
 * same is done with a store that costs nothing: what remains is what the platform takes for runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, deploy, RAW } from '../../test/openwhisk-double/client.js';
import { startOpenWhiskDouble } from '../../test/openwhisk-double/double.js';
import { toKeyValues } from '../../test/openwhisk-double/json.js';
import { startRiakDoubleProcess } from '../../test/riak-double/process.js';
import { trackerTypes } from '../../test/riak-double/tracker-types.js';
import { freePort } from '../../test/support/free-port.js';
import { buildUdpLoad, UdpLoad } from '../load/udp-load.js';
import { Workload } from '../load/workload.js';
import { bundlePath, root } from '../paths.js';
import { startTracker, type RunningTracker } from '../trackers/running-tracker.js';
import { formatNumber } from '../report/numbers.js';
import type { Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { alternate, ratios, spreadOf } from '../spread.js';
import { freeStoreAction } from '../support/action-code.js';
import { makeScratch } from '../support/scratch.js';

const SWARMS = 500;
const STORES = ['Riak', 'a store that costs nothing'] as const;
const SECRET = 'the-secret-of-the-bench_0123456789';

type Contender = Store | `${Store}, one run each`;
type Store = 'Riak' | 'a store that costs nothing';

export async function front({ quick, rounds, atEnd, tell }: RowOptions): Promise<Measured> {
  const how = { seconds: quick ? 3 : 6, window: 1024 };
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  const riak = await startRiakDoubleProcess({ types: trackerTypes });
  atEnd.add(() => riak.close());
  const platform = await startOpenWhiskDouble({
    invocationsPerMinute: 1e9,
    concurrentInvocations: 1e9,
    maxConcurrency: 64,
    storeFailuresOnly: true,
  });
  atEnd.add(() => platform.close());
  const code: Readonly<Record<Store, string>> = {
    Riak: readFileSync(bundlePath('announce'), 'utf8'),
    'a store that costs nothing': `exports.main = ${freeStoreAction()};`,
  };
  for (const store of STORES) {
    await callApi(platform, 'PUT', `packages/${packageOf(store)}`, {
      parameters: toKeyValues({ STORE: 'riak', RIAK_NODES: riak.addresses, LOG_LEVEL: 'error' }),
    });
    await deploy(platform, `${packageOf(store)}/announce`, code[store], {
      annotations: { ...RAW, 'require-whisk-auth': SECRET },
      limits: { timeout: 60_000, concurrency: 64 },
    });
  }

  const workload = new Workload(scratch.directory, SWARMS);
  const program = buildUdpLoad(scratch.directory);
  const start = async (
    name: string,
    store: Store,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<UdpLoad> => {
    const peer = await startFront(name, {
      OPENWHISK_API: platform.apiHost,
      OPENWHISK_PACKAGE: packageOf(store),
      ...settings,
    });
    atEnd.add(peer.stop);
    return new UdpLoad(program, workload.infohashFile, peer);
  };
  const one = { FRONT_BATCH_REQUESTS: '1', FRONT_RUNS: '64', FRONT_WAIT: '0' };
  const latencies = new Map<string, number[]>();
  const contenders = {} as Record<Contender, () => Promise<number>>;
  const contend = (name: Contender, load: UdpLoad, window: number): void => {
    contenders[name] = async () => {
      const result = await load.load({ seconds: how.seconds, window });
      latencies.set(name, [...(latencies.get(name) ?? []), result.p50Ms]);
      return result.done / result.seconds;
    };
  };
  for (const store of STORES) {
    const ours = await start(store, store);
    tell(`${store}: 20000 peers announce`);
    await ours.fill(20_000);
    contend(store, ours, how.window);
    // One run each is slower: with as many open, announces would be given up that are only waiting.
    contend(`${store}, one run each`, await start(`${store}, one run each`, store, one), 128);
  }
  for (const measure of Object.values(contenders)) await measure();
  latencies.clear();
  const figures = await alternate<Contender>(rounds, contenders, tell);
  const median = (name: Contender): string => formatNumber(spreadOf(latencies.get(name) ?? []).median);
  return {
    lines: STORES.map((store) => ({
      id: `front/${store}`,
      what: `announces over UDP through the front to OpenWhisk, ${store}`,
      unit: '1/s',
      ours: spreadOf(figures[store]),
      theirs: {
        name: 'the same front with one announce a run',
        figure: spreadOf(figures[`${store}, one run each`]),
      },
      ratio: ratios(figures[store], figures[`${store}, one run each`]),
      rounds,
    })),
    notes: [
      `The OpenWhisk double, with containers that take 64 runs at once, and the Riak double, all on one machine; ${SWARMS} swarms, ${how.seconds} s a turn. ${how.window} announces are open with batches, 128 without.`,
      ...STORES.map(
        (store) =>
          `Median latency, ${store}: ${median(store)} ms with batches, ${median(`${store}, one run each`)} ms without.`,
      ),
      'The double costs less than OpenWhisk for a run: there a batch saves more.',
    ],
  };
}

function packageOf(store: Store): string {
  return store === 'Riak' ? 'tracker' : 'free';
}

async function startFront(name: string, settings: Readonly<Record<string, string>>): Promise<RunningTracker> {
  const port = await freePort();
  return startTracker({ name, port }, process.execPath, [join(root, 'bin/tracker.mjs'), 'front'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      OPENWHISK_NAMESPACE: 'guest',
      TRACKER_SECRET: SECRET,
      ADDRESS_RATE: '0',
      ...settings,
    },
  });
}
