/**
 * Announces over UDP, beside opentracker's and beside a server that answers every datagram with the
 * same bytes. All get the same announces in turns, as in the row http: no peer announces twice
 * while there are peers left, and this tracker stores every one of them and flushes it to disk
 * before it answers. In the same turns, for the processor time alone, announces over HTTP with a
 * connection each.
 */
import { AnnounceLoad } from '../load/announce-load.js';
import { buildUdpLoad, UdpLoad } from '../load/udp-load.js';
import { Workload } from '../load/workload.js';
import { startBareUdp } from '../trackers/bare-udp.js';
import { startOpentracker } from '../trackers/opentracker.js';
import type { RunningTracker } from '../trackers/running-tracker.js';
import { startStandalone } from '../trackers/standalone.js';
import { formatNumber } from '../report/numbers.js';
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { alternate, ratios, spreadOf } from '../spread.js';
import { cpuSecondsOf } from '../support/process-cpu.js';
import { makeScratch } from '../support/scratch.js';

const SWARMS = 1000;
const FILLED = 200_000;
const PEERS_IN_REPLY = 50;
const REPLY_BYTES = 20 + 6 * PEERS_IN_REPLY;

type Contender = 'ours' | 'opentracker' | 'bare dgram';

export async function udp({ quick, rounds, atEnd, tell }: RowOptions): Promise<Measured> {
  const how = { seconds: quick ? 2 : 5, window: 1024 };
  const filled = quick ? 60_000 : FILLED;
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  const workload = new Workload(scratch.directory, SWARMS);
  const program = buildUdpLoad(scratch.directory);
  const start = async (starting: Promise<RunningTracker>): Promise<UdpLoad> => {
    const peer = await starting;
    atEnd.add(peer.stop);
    return new UdpLoad(program, workload.infohashFile, peer);
  };
  // The load comes from one address.
  const settings = { ADDRESS_RATE: '0' };
  const loads: Readonly<Record<Contender, UdpLoad>> = {
    ours: await start(startStandalone(`${scratch.directory}/data`, { settings })),
    opentracker: await start(startOpentracker(scratch.directory, workload.infohashFile)),
    'bare dgram': await start(startBareUdp(REPLY_BYTES)),
  };
  for (const name of ['ours', 'opentracker'] as const) {
    tell(`${name}: ${filled} peers announce`);
    await loads[name].fill(filled);
  }
  const http = new AnnounceLoad(workload, loads.ours.target);

  const microseconds = new Map<string, number[]>();
  const latency: number[] = [];
  let replyPeers = 0;
  const measured = async (name: string, pid: number, work: () => Promise<number>): Promise<void> => {
    const before = cpuSecondsOf(pid);
    const done = await work();
    const figures = microseconds.get(name) ?? [];
    figures.push(((cpuSecondsOf(pid) - before) * 1e6) / done);
    microseconds.set(name, figures);
  };
  const rateOf = (name: Contender) => async (): Promise<number> => {
    const load = loads[name];
    let rate = NaN;
    await measured(name, load.target.pid, async () => {
      const result = await load.load(how);
      rate = result.done / result.seconds;
      if (name === 'ours') {
        latency.push(result.p99Ms);
        replyPeers = result.peers / result.done;
      }
      return result.done;
    });
    return rate;
  };
  for (const load of Object.values(loads)) await load.load({ ...how, seconds: 2 });
  const figures = await alternate<Contender | 'http'>(
    rounds,
    {
      ours: rateOf('ours'),
      opentracker: rateOf('opentracker'),
      'bare dgram': rateOf('bare dgram'),
      http: async () => {
        await measured('http', loads.ours.target.pid, async () => {
          const result = await http.load({ seconds: how.seconds, connections: 64, connection: 'close' });
          return result.requests;
        });
        return microseconds.get('http')?.at(-1) ?? NaN;
      },
    },
    tell,
  );
  const cost = (name: string): number[] => microseconds.get(name) ?? [];

  const line = (than: 'opentracker' | 'bare dgram', name: string): Line => ({
    id: `udp/${than}`,
    what: 'announces over UDP',
    unit: '1/s',
    ours: spreadOf(figures.ours),
    theirs: { name, figure: spreadOf(figures[than]) },
    ratio: ratios(figures.ours, figures[than]),
    rounds,
  });
  return {
    lines: [
      line('bare dgram', 'node:dgram, a fixed reply'),
      line('opentracker', 'opentracker, in memory'),
      {
        id: 'udp/processor time',
        what: 'processor time of an announce over UDP',
        unit: 'us',
        ours: spreadOf(cost('ours')),
        theirs: { name: 'the same over HTTP, a connection each', figure: spreadOf(cost('http')) },
        ratio: ratios(cost('ours'), cost('http')),
        rounds,
      },
      { id: 'udp/p99', what: 'p99 with 1,024 announces open', unit: 'ms', ours: spreadOf(latency), rounds },
    ],
    notes: [
      `${SWARMS} swarms and 2^20 peers, ${filled} of which announced before; one socket with ${how.window} announces open, ${how.seconds} s a turn, on the same machine as the server. Replies of ours have ${formatNumber(replyPeers)} peers on average; the bare server answers ${REPLY_BYTES} bytes.`,
      'Ours flushes every announce to disk before it answers (DURABILITY=flush); opentracker keeps nothing on a disk.',
      `Processor time of the servers per announce: ours ${formatNumber(spreadOf(cost('ours')).median)} us, opentracker ${formatNumber(spreadOf(cost('opentracker')).median)} us, bare dgram ${formatNumber(spreadOf(cost('bare dgram')).median)} us.`,
    ],
  };
}
