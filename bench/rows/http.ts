/**
 * Row 1: announces per second over kept connections, 64 of them, beside other trackers and beside a
 * server that does nothing.
 *
 * All are filled with the same peers first, and then get the same announces in turns, each where
 * its own last turn ended. No peer announces twice while there are peers left, so every announce
 * changes a swarm: this tracker stores every one of them, and flushes it to disk before it answers.
 *
 * Two more contenders are this tracker with a part of it left out, which shows what the parts cost:
 * the same gateway and bundle on a store in memory that costs nothing, and the gateway alone, with
 * a tracker that answers at once.
 */
import { AnnounceLoad, type LoadOptions } from '../load/announce-load.js';
import { perSecond } from '../load/wrk-output.js';
import { Workload } from '../load/workload.js';
import { sampleReplies } from '../load/sample.js';
import { startBareNode } from '../trackers/bare-node.js';
import { startBittorrentTracker } from '../trackers/bittorrent-tracker.js';
import { startOpentracker } from '../trackers/opentracker.js';
import type { RunningTracker } from '../trackers/running-tracker.js';
import { startStandalone, startStandalonePart } from '../trackers/standalone.js';
import { formatNumber } from '../report/numbers.js';
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { alternate, ratios, spreadOf, type Rounds } from '../spread.js';
import { cpuSecondsOf } from '../support/process-cpu.js';
import { makeScratch } from '../support/scratch.js';

/**
 * What the replies are known to give once swarms are filled: numwant's default of every tracker
 * here.
 */
const PEERS_IN_REPLY = 50;

type Contender = 'ours' | 'bittorrent-tracker' | 'opentracker' | 'bare Node' | Part;

/** Parts of ours: what stands between it and the bare server. */
type Part = 'a store that costs nothing' | 'a tracker that answers at once';

export async function http(options: RowOptions): Promise<Measured> {
  const { quick, atEnd, rounds, tell } = options;
  const size = quick
    ? { swarms: 100, filled: 20_000, seconds: 3 }
    : { swarms: 1000, filled: 300_000, seconds: 8 };
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  const workload = new Workload(scratch.directory, size.swarms);
  const start = async (starting: Promise<RunningTracker>): Promise<AnnounceLoad> => {
    const tracker = await starting;
    atEnd.add(tracker.stop);
    return new AnnounceLoad(workload, tracker);
  };
  const trackers = {
    ours: await start(startStandalone(`${scratch.directory}/data`)),
    'bittorrent-tracker': await start(startBittorrentTracker()),
    opentracker: await start(startOpentracker(scratch.directory, workload.infohashFile)),
  };
  for (const load of Object.values(trackers)) {
    tell(`${load.target.name}: ${size.filled} peers announce`);
    await load.fill(size.filled);
  }
  const typical = await sampleReplies(trackers.ours.target, workload, PEERS_IN_REPLY);
  const parts: Readonly<Record<Part, AnnounceLoad>> = {
    'a store that costs nothing': await start(startStandalonePart(scratch.directory, 'free-store')),
    'a tracker that answers at once': await start(startStandalonePart(scratch.directory, 'at-once', typical)),
  };
  const loads = {
    ...trackers,
    ...parts,
    'bare Node': await start(startBareNode(scratch.directory, typical)),
  };
  const free = loads['a store that costs nothing'];
  tell(`${free.target.name}: ${size.filled} peers announce`);
  await free.fill(size.filled);

  const how: LoadOptions = { seconds: size.seconds, connections: 64, connection: 'keep-alive' };
  // To connect anew for each announce is more work for the load than for opentracker: with one
  // thread more it can show what it does.
  const connecting: LoadOptions = { ...how, threads: 2 };
  const cost = new CostPerAnnounce();
  // The first seconds of a process compile its code.
  for (const load of Object.values(loads)) await load.load({ ...how, seconds: quick ? 1 : 3 });
  const figures = await alternate<Contender>(
    rounds,
    {
      ours: () => cost.rate(loads.ours, how),
      'bittorrent-tracker': () => cost.rate(loads['bittorrent-tracker'], how),
      opentracker: () => cost.rate(loads.opentracker, connecting),
      'bare Node': () => cost.rate(loads['bare Node'], how),
      'a store that costs nothing': () => cost.rate(free, how),
      'a tracker that answers at once': () => cost.rate(loads['a tracker that answers at once'], how),
    },
    tell,
  );
  for (const load of [...Object.values(trackers), free])
    await sampleReplies(load.target, workload, PEERS_IN_REPLY);

  return {
    lines: [
      line(figures, 'bittorrent-tracker', 'bittorrent-tracker 11, in memory'),
      line(figures, 'opentracker', 'opentracker, in memory, closes every connection'),
      line(figures, 'bare Node', "Node's http server, a fixed reply"),
      line(figures, 'bare Node', "Node's http server, a fixed reply", 'a store that costs nothing'),
      line(figures, 'bare Node', "Node's http server, a fixed reply", 'a tracker that answers at once'),
    ],
    notes: [
      `${size.swarms} swarms and 2^20 peers, ${size.filled} of which announced before; wrk with 1 thread and 64 connections, ${size.seconds} s a turn, on the same machine as the server. Replies have ${PEERS_IN_REPLY} peers in ${typical.length} bytes; the bare server answers as many bytes.`,
      'Ours flushes every announce to disk before it answers (DURABILITY=flush); the other trackers keep nothing on a disk.',
      'opentracker answers HTTP/1.1 without keep-alive: it ends each connection after its reply, and its announces are counted with a connection for each, made by 2 threads of wrk.',
      `Processor time of the servers per announce: ${cost.describe()}.`,
      `The load is not what limits: against the bare server wrk makes ${Math.round(spreadOf(figures['bare Node']).median)} requests per second.`,
      ...(trackers.ours.isFirstRound ? [] : ['Ours was so quick that peers came round a second time.']),
    ],
  };
}

/**
 * Processor time that servers take for an announce, the kernel's part included: what a rate does
 * not show where something else is the limit.
 */
class CostPerAnnounce {
  private readonly microseconds = new Map<string, number[]>();

  async rate(load: AnnounceLoad, how: LoadOptions): Promise<number> {
    const before = cpuSecondsOf(load.target.pid);
    const result = await load.load(how);
    const figures = this.microseconds.get(load.target.name) ?? [];
    figures.push(((cpuSecondsOf(load.target.pid) - before) * 1e6) / result.requests);
    this.microseconds.set(load.target.name, figures);
    return perSecond(result);
  }

  describe(): string {
    return [...this.microseconds]
      .map(([name, figures]) => `${name} ${formatNumber(spreadOf(figures).median)} us`)
      .join(', ');
  }
}

/** @param part ours with this in the place of its own */
function line(
  figures: Rounds<Contender>,
  than: Exclude<Contender, 'ours' | Part>,
  name: string,
  part?: Part,
): Line {
  const ours = figures[part ?? 'ours'];
  return {
    id: `http/${part ?? than}`,
    what: part === undefined ? 'announces, keep-alive' : `announces, keep-alive: ours with ${part}`,
    unit: '1/s',
    ours: spreadOf(ours),
    theirs: { name, figure: spreadOf(figures[than]) },
    ratio: ratios(ours, figures[than]),
    rounds: ours.length,
  };
}
