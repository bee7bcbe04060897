/** What can be profiled: ours under the load of a row, in a process that leaves a profile when it ends. */
import { AnnounceLoad } from '../load/announce-load.js';
import { Workload } from '../load/workload.js';
import { optionsOfNpmStart, startStandalone } from '../peers/standalone.js';
import { CONNECTIONS, PEERS, PEERS_IN_SWARM, RATE, SETTINGS } from '../rows/headline.js';
import { runWorker } from '../support/worker.js';
import type { GrowthWorker } from '../workers/growth.js';
import type { LiveClientsWorker } from '../workers/live-clients.js';
import type { LoadSwarmsWorker } from '../workers/load-swarms.js';
import type { OwnCodeWorker } from '../workers/own-code.js';
import type { PurgeWorker } from '../workers/purge.js';
import type { OperationsWorker } from '../workers/riak-operations.js';

/** Runs what is to be profiled to its end. */
export type Subject = (directory: string, nodeOptions: readonly string[]) => Promise<void>;

export const SUBJECTS: Readonly<Record<string, Subject>> = {
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
