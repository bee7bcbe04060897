/**
 * What can be profiled: ours under the load of a row, in a process that leaves a profile when it
 * ends.
 */
import { readFileSync } from 'node:fs';
import { startRiakDoubleProcess } from '../../test/riak-double/process.js';
import { trackerTypes } from '../../test/riak-double/tracker-types.js';
import { AnnounceLoad } from '../load/announce-load.js';
import { RunLoad } from '../load/run-load.js';
import { buildUdpLoad, UdpLoad } from '../load/udp-load.js';
import { Workload } from '../load/workload.js';
import { bundlePath } from '../paths.js';
import { startRuntime } from '../trackers/runtime.js';
import { optionsOfNpmStart, startStandalone } from '../trackers/standalone.js';
import { CONNECTIONS, PEERS, PEERS_IN_SWARM, RATE, SETTINGS } from '../rows/headline.js';
import { MANY } from '../rows/runtime.js';
import { leaveFirstCore } from '../support/affinity.js';
import { runWorker } from '../support/worker.js';
import type { GrowthWorker } from '../workers/growth.js';
import type { LiveClientsWorker } from '../workers/live-clients.js';
import type { LoadSwarmsWorker } from '../workers/load-swarms.js';
import type { OwnCodeWorker } from '../workers/own-code.js';
import type { PurgeWorker } from '../workers/purge.js';
import type { OperationsWorker } from '../workers/riak-operations.js';
import type { SubjectName } from './subject-names.js';

/** Runs what is to be profiled to its end. */
export type Subject = (directory: string, nodeOptions: readonly string[]) => Promise<void>;

export const SUBJECTS: Readonly<Record<SubjectName, Subject>> = {
  http: (directory, nodeOptions) => underLoad(directory, nodeOptions, 'keep-alive'),
  connections: (directory, nodeOptions) => underLoad(directory, nodeOptions, 'close'),
  headline: async (directory, nodeOptions) => {
    const data = `${directory}/data`;
    const population = { peers: PEERS, swarms: PEERS / PEERS_IN_SWARM, rate: RATE };
    await runWorker<LoadSwarmsWorker>('load-swarms', { ...population, directory: data });
    const server = await startStandalone(data, { nodeOptions, settings: SETTINGS });
    try {
      const load = { port: server.port, seconds: 40, connections: CONNECTIONS };
      await runWorker<LiveClientsWorker>('live-clients', { ...population, ...load });
    } finally {
      await server.stop();
    }
  },
  runtime: (directory, nodeOptions) => inContainer(directory, nodeOptions),
  'own-code': async (_, nodeOptions) => {
    const options = [...optionsOfNpmStart(), ...nodeOptions];
    await runWorker<OwnCodeWorker>('own-code', { rounds: 5, announces: 25_000 }, options);
  },
  operations: async (_, nodeOptions) => {
    await runWorker<OperationsWorker>('riak-operations', { rounds: 5, quick: false }, nodeOptions);
  },
  growth: async (_, nodeOptions) => {
    const populations = [{ swarms: 1, swarmSize: 1_000_000 }];
    const input = { directory: undefined, populations, rounds: 10, announces: 10_000, scrapes: 1000 };
    await runWorker<GrowthWorker>('growth', input, nodeOptions);
  },
  purge: async (_, nodeOptions) => {
    const input = {
      directory: undefined,
      peers: 1_000_000,
      sizes: 'power law',
      expired: false,
      rounds: 10,
    } as const;
    await runWorker<PurgeWorker>('purge', input, nodeOptions);
  },
  udp: async (directory, nodeOptions) => {
    const workload = new Workload(directory, 1000);
    const settings = { ADDRESS_RATE: '0' };
    const server = await startStandalone(`${directory}/data`, { nodeOptions, settings });
    try {
      const load = new UdpLoad(buildUdpLoad(directory), workload.infohashFile, server);
      await load.fill(100_000);
      await load.load({ seconds: 20, window: 1024 });
    } finally {
      await server.stop();
    }
  },
};

/** The load of the rows http and connections, on ours alone. */
async function underLoad(
  directory: string,
  nodeOptions: readonly string[],
  connection: 'keep-alive' | 'close',
): Promise<void> {
  const workload = new Workload(directory, 1000);
  const server = await startStandalone(`${directory}/data`, { nodeOptions });
  try {
    const load = new AnnounceLoad(workload, server);
    await load.fill(100_000);
    await load.load({ seconds: 20, connections: 64, connection });
  } finally {
    await server.stop();
  }
}

/**
 * The load of the row runtime: the deployed bundle on Riak, each announce at once with 63 of other
 * swarms.
 */
async function inContainer(directory: string, nodeOptions: readonly string[]): Promise<void> {
  const useFirstCoreAgain = leaveFirstCore();
  const double = await startRiakDoubleProcess({ types: trackerTypes });
  try {
    const code = readFileSync(bundlePath('announce'), 'utf8');
    const container = await startRuntime('many swarms', code, nodeOptions);
    try {
      const bound = { STORE: 'riak', RIAK_NODES: double.addresses };
      const load = new RunLoad(directory, container, { ...MANY, bound });
      await load.fill();
      await load.rate(20);
    } finally {
      await container.stop();
    }
  } finally {
    await double.close();
    await useFirstCoreAgain();
  }
}
