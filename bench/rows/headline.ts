/**
 * Row 6: what the tracker's ancestor on AWS promised, on one machine: 9,000,000 live peers in
 * 500,000 swarms, and 5,000 announces per second, which is each of them once in half an hour.
 *
 * The peers are written into the embedded store first (workers/load-swarms.ts), each last seen as
 * long ago as its place in the order of announces says. Then the tracker starts on that store as
 * `npm start` does, and live clients announce from a process of their own at a constant rate; a
 * latency begins when an announce was to be sent. Each peer has an address of its own, named by
 * X-Forwarded-For, as behind a proxy.
 */
import { startStandalone } from '../trackers/standalone.js';
import { formatNumber } from '../report/numbers.js';
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { spreadOf } from '../spread.js';
import { diskUsage } from '../support/disk-usage.js';
import { cpuSecondsOf } from '../support/process-cpu.js';
import { memoryOf } from '../support/process-memory.js';
import { makeScratch } from '../support/scratch.js';
import { runWorker } from '../support/worker.js';
import type { LiveClientsWorker } from '../workers/live-clients.js';
import type { LoadSwarmsWorker } from '../workers/load-swarms.js';

export const PEERS = 9_000_000;
export const PEERS_IN_SWARM = 18;
export const RATE = 5000;
const SECONDS = 300;
export const CONNECTIONS = 256;
/** Every peer has an address of its own, as behind a proxy on this machine. */
export const SETTINGS = { TRUSTED_PROXIES: '127.0.0.0/8,::1' };
const GIB = 2 ** 30;

export async function headline(options: RowOptions): Promise<Measured> {
  const { peers = PEERS, seconds = SECONDS, atEnd, tell } = options;
  const swarms = Math.max(1, Math.round(peers / PEERS_IN_SWARM));
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  const directory = `${scratch.directory}/data`;
  tell(`${peers} peers are written`);
  const loaded = await runWorker<LoadSwarmsWorker>('load-swarms', { directory, peers, swarms, rate: RATE });
  const before = diskUsage(directory);

  const server = await startStandalone(directory, { settings: SETTINGS });
  atEnd.add(server.stop);
  tell(`${RATE} announces per second for ${seconds} s`);
  const cpu = cpuSecondsOf(server.pid);
  const clients = await runWorker<LiveClientsWorker>('live-clients', {
    port: server.port,
    peers,
    swarms,
    rate: RATE,
    seconds,
    connections: CONNECTIONS,
  });
  const microseconds = ((cpuSecondsOf(server.pid) - cpu) * 1e6) / clients.announces;
  const memory = memoryOf(server.pid);
  const after = diskUsage(directory);

  const line = (id: string, what: string, unit: string, figure: number): Line => ({
    id: `headline/${id}`,
    what,
    unit,
    ours: spreadOf([figure]),
    rounds: 1,
  });
  return {
    lines: [
      line(
        'rate',
        `announces held for ${seconds} s, ${peers.toLocaleString('en-US')} live peers`,
        '1/s',
        clients.rate,
      ),
      line('failures', 'announces that failed or had no answer', '', clients.failures),
      line('p50', 'latency, median', 'ms', clients.p50),
      line('p99', 'latency, 99%', 'ms', clients.p99),
      line('p99.9', 'latency, 99.9%', 'ms', clients.p999),
      line('memory', 'most resident memory of the server', 'GiB', memory.peak / GIB),
      line('disk', 'data directory afterwards', 'GiB', after / GIB),
    ],
    notes: [
      `${peers.toLocaleString('en-US')} peers in ${swarms.toLocaleString('en-US')} swarms by a power law, the largest with ${loaded.largest.toLocaleString('en-US')}: ${loaded.shards.toLocaleString('en-US')} shards, ${formatNumber(loaded.bytes / GIB)} GiB. They were written into the store, not announced.`,
      `${clients.answered.toLocaleString('en-US')} announces were answered by one process on the machine of the clients, over ${CONNECTIONS} kept connections; the longest took ${formatNumber(clients.longest)} ms. Of 100 announces 92 are regular, 4 of new peers, 2 of peers that leave, 2 of peers that have finished; all are written and flushed.`,
      `The server took ${formatNumber(microseconds)} us of processor time for an announce. At the end ${formatNumber(memory.anonymous / GIB)} GiB of its memory were its own and ${formatNumber(memory.file / GIB)} GiB pages of files, which the system takes back when it needs room.`,
      `The data directory had ${formatNumber(before / GIB)} GiB before the announces.`,
      'Before what is counted, the rate rises for 20 s. No purge ran: it does every half hour.',
    ],
  };
}
