/**
 * Row 2: announces per second with a connection for each, as most clients make them: alone, and
 * with nginx in front that keeps its own connections to the tracker. Held against the bare Node
 * server in the same place. The announces and the filling are those of the row http.
 */
import { sampleReplies } from '../load/sample.js';
import { Workload } from '../load/workload.js';
import { AnnounceLoad, type LoadOptions } from '../load/announce-load.js';
import { startBareNode } from '../trackers/bare-node.js';
import { startNginx } from '../trackers/nginx.js';
import { startOpentracker } from '../trackers/opentracker.js';
import type { RunningTracker } from '../trackers/running-tracker.js';
import { startStandalone } from '../trackers/standalone.js';
import type { Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { alternate, ratios, spreadOf } from '../spread.js';
import { makeScratch } from '../support/scratch.js';

const SWARMS = 1000;
const FILLED = 200_000;
const SECONDS = 6;
const PEERS_IN_REPLY = 50;

/** As the README has it. */
const BEHIND_NGINX = { TRUSTED_PROXIES: '127.0.0.0/8,::1' };

type Contender = 'ours' | 'bare Node' | 'opentracker' | 'ours behind nginx' | 'bare Node behind nginx';

export async function connections({ rounds, atEnd, tell }: RowOptions): Promise<Measured> {
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  const workload = new Workload(scratch.directory, SWARMS);
  const started = async (starting: Promise<RunningTracker>): Promise<RunningTracker> => {
    const tracker = await starting;
    atEnd.add(tracker.stop);
    return tracker;
  };
  const filled = async (tracker: RunningTracker): Promise<AnnounceLoad> => {
    const load = new AnnounceLoad(workload, tracker);
    tell(`${tracker.name}: ${FILLED} peers announce`);
    await load.fill(FILLED);
    return load;
  };
  const ours = await filled(await started(startStandalone(`${scratch.directory}/alone`)));
  const typical = await sampleReplies(ours.target, workload, PEERS_IN_REPLY);
  const bare = await started(startBareNode(scratch.directory, typical));
  const behind = await started(startStandalone(`${scratch.directory}/behind`, { settings: BEHIND_NGINX }));
  const nginx = await startNginx(scratch.directory, { ours: behind, bare });
  atEnd.add(nginx.fronts.ours.stop);
  const loads: Readonly<Record<Contender, AnnounceLoad>> = {
    ours,
    'bare Node': new AnnounceLoad(workload, bare),
    opentracker: await filled(await started(startOpentracker(scratch.directory, workload.infohashFile))),
    'ours behind nginx': await filled(nginx.fronts.ours),
    'bare Node behind nginx': new AnnounceLoad(workload, nginx.fronts.bare),
  };

  const how: LoadOptions = { seconds: SECONDS, connections: 64, threads: 2, connection: 'close' };
  const rateOf = (name: Contender) => () => loads[name].rate(how);
  for (const load of Object.values(loads)) await load.load({ ...how, seconds: 2 });
  const figures = await alternate<Contender>(
    rounds,
    {
      ours: rateOf('ours'),
      'bare Node': rateOf('bare Node'),
      opentracker: rateOf('opentracker'),
      'ours behind nginx': rateOf('ours behind nginx'),
      'bare Node behind nginx': rateOf('bare Node behind nginx'),
    },
    tell,
  );
  for (const name of ['ours', 'opentracker', 'ours behind nginx'] as const) {
    await sampleReplies(loads[name].target, workload, PEERS_IN_REPLY);
  }
  nginx.refuseErrors();

  const line = (id: string, what: string, our: Contender, their: Contender) => ({
    id: `connections/${id}`,
    what,
    unit: '1/s',
    ours: spreadOf(figures[our]),
    theirs: { name: their, figure: spreadOf(figures[their]) },
    ratio: ratios(figures[our], figures[their]),
    rounds,
  });
  return {
    lines: [
      line('alone', 'announces, a connection each', 'ours', 'bare Node'),
      line('opentracker', 'announces, a connection each', 'ours', 'opentracker'),
      line(
        'nginx',
        'announces, a connection each, behind nginx',
        'ours behind nginx',
        'bare Node behind nginx',
      ),
    ],
    notes: [
      `wrk with 2 threads and 64 connections, ${SECONDS} s a turn; ${SWARMS} swarms, filled with ${FILLED} peers. Every announce is stored and flushed.`,
      'nginx keeps connections to the server behind it, appends to X-Forwarded-For and writes no access log; the bare server has the same nginx in front.',
    ],
  };
}
