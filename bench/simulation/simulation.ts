/**
 * A site in simulated time: peers come, announce, complete, leave and crash; processes of the
 * tracker's own swarm code answer them from a store, and purge it.
 */
import { parseConfig, type Config } from '../../lib/config.js';
import { runPurge } from '../../lib/purge/run-purge.js';
import type { PurgeReport } from '../../lib/purge/report.js';
import type { Store } from '../../lib/store/store.js';
import { refreshRules } from '../../lib/swarm/refresh.js';
import type { SelectedPeers } from '../../lib/swarm/sampling/selection.js';
import { Swarms } from '../../lib/swarm/swarms.js';
import { seededRandom } from '../../test/support/seeded-random.js';
import { strictLog } from '../support/tracker.js';
import { shardsOfRecords } from './filled-swarm.js';
import { putAll } from '../support/stored-swarm.js';
import { Peers, type PeerAct } from './peers.js';
import type { SessionModel } from './sessions.js';
import { SimulatedStore, type StoreCalls } from './simulated-store.js';

export interface SimulationInput {
  /** Peers of each swarm, and the swarms' numbers. */
  readonly sizes: ArrayLike<number>;
  readonly numbers: ArrayLike<number>;
  readonly sessions: SessionModel;
  /** By name, as in the environment. */
  readonly settings: Readonly<Record<string, string>>;
  /** Processes of the tracker; each announce goes to any of them. */
  readonly processes: number;
  readonly v6Share: number;
  /** Seconds until what happens is counted, and for how long it is. */
  readonly warmUpSeconds: number;
  readonly countedSeconds: number;
  /** How long a call to the store takes: announces that come meanwhile wait together. */
  readonly storeMilliseconds: number;
  readonly seed: number;
  readonly store: Store;
  /** Whether the peers are stored when the simulation begins. Otherwise they come to an empty store. */
  readonly isFilled?: boolean;
  /** Of a swarm by its place in `sizes`, whose peers come later: within how many seconds. */
  readonly begunAfter?: (swarm: number) => number | undefined;
  /** Called some minutes before the counting begins: what it gives is the store from then on. */
  readonly moveTo?: (store: Store) => Promise<Store>;
  /** Called when the counting begins. */
  readonly onCounting?: () => void;
  readonly slotSeconds?: number;
  /** From this second on calls are counted by key, and announces by swarm. */
  readonly countKeysFrom?: number;
  readonly tell?: (message: string) => void;
}

/** What was counted in some time. */
export interface Counted {
  readonly acts: Readonly<Record<PeerAct, number>>;
  /** Of announces; the purge's are apart. */
  readonly calls: StoreCalls;
  readonly purgeCalls: StoreCalls;
  /** Peers in replies. */
  readonly returned: number;
  /** Those of them that were gone. */
  readonly returnedGone: number;
  /** Those that had not announced for longer than the longest interval and a minute. */
  readonly returnedOverdue: number;
  readonly returnedOverdueGone: number;
}

export interface SimulationOutput {
  /** All that was counted, and the same in slots of `slotSeconds`. */
  readonly counted: Counted;
  readonly slots: readonly Counted[];
  readonly purges: readonly PurgeReport[];
  /** Reads and writes of each key, and the longest value, bytes. */
  readonly byKey: ReadonlyMap<string, number> | undefined;
  readonly longestValue: number;
  /** Announces of each swarm, by its place in the input. */
  readonly announcesOf: Uint32Array;
  readonly sessions: number;
}

const START_MS = 1_700_000_000_000;
const WANTED = { limit: 50, withIds: false };
/** How late a client's timer is, at most, seconds. */
const CLIENT_LATE_SECONDS = 5;
/** How long after the longest interval a peer that has not announced is overdue. */
const OVERDUE_SECONDS = 60;
/** Before the counting begins processes get to know the store again that peers were moved to. */
const WARM_AGAIN_SECONDS = 300;
/** Bytes of a peer in a compact reply, where its address is, and how much of it is the session. */
const FAMILIES = [
  { family: 'v4', size: 6, sessionAt: 0 },
  { family: 'v6', size: 18, sessionAt: 12 },
] as const;

export async function simulate(input: SimulationInput): Promise<SimulationOutput> {
  return new Simulation(input).run();
}

class Simulation {
  private readonly config: Config;
  private readonly random: () => number;
  private readonly clock = { now: (): number => Math.floor(this.milliseconds) };
  private readonly peers: Peers;
  private store: SimulatedStore;
  private processes: readonly Swarms[];
  private milliseconds = START_MS;
  private readonly acts: Record<PeerAct, number> = { start: 0, announce: 0, complete: 0, stop: 0, crash: 0 };
  private returned = 0;
  private returnedGone = 0;
  private returnedOverdue = 0;
  private returnedOverdueGone = 0;
  private purgeCalls: StoreCalls;
  private readonly purges: PurgeReport[] = [];

  constructor(private readonly input: SimulationInput) {
    const config = parseConfig({ LOG_LEVEL: 'silent', ...input.settings });
    const random = seededRandom(input.seed);
    this.config = config;
    this.random = random;
    const { announceIntervalSeconds: interval, intervalJitterPercent: jitter } = config;
    const gap = (): number =>
      interval + Math.floor((random() * interval * jitter) / 100) + random() * CLIENT_LATE_SECONDS;
    const { sizes, numbers, begunAfter = () => undefined, sessions, v6Share } = input;
    this.peers = new Peers(sizes, numbers, begunAfter, sessions, gap, random, v6Share);
    this.store = new SimulatedStore(input.store);
    this.processes = this.startProcesses();
    this.purgeCalls = this.store.calls();
  }

  async run(): Promise<SimulationOutput> {
    const { warmUpSeconds, countedSeconds, tell = () => undefined } = this.input;
    const { slotSeconds = countedSeconds, moveTo, countKeysFrom } = this.input;
    const { purgeIntervalSeconds } = this.config;
    const seconds = warmUpSeconds + countedSeconds;
    if (this.input.isFilled === true) await this.fill();
    const due = new Calendar(this.peers.places, seconds);
    for (let place = 0; place < this.peers.places; place++) due.add(place, this.peers.dueAt(place));
    const marks: Counted[] = [];
    for (let second = 0; second < seconds; second++) {
      if (second === warmUpSeconds - WARM_AGAIN_SECONDS && moveTo !== undefined) await this.move(moveTo);
      if (second === warmUpSeconds) this.input.onCounting?.();
      if (second >= warmUpSeconds && (second - warmUpSeconds) % slotSeconds === 0) marks.push(this.counted());
      if (second === countKeysFrom) {
        this.store.byKey = new Map();
        this.peers.announcesOf.fill(0);
      }
      await this.announceAll(due, second);
      if (purgeIntervalSeconds > 0 && (second + 1) % purgeIntervalSeconds === 0) await this.purge();
      if (second % 300 === 0) tell(`${second} of ${seconds} s, ${this.peers.sessions} sessions`);
    }
    marks.push(this.counted());
    const [first] = marks;
    const last = marks.at(-1);
    if (first === undefined || last === undefined) throw new RangeError('nothing was counted');
    return {
      counted: difference(last, first),
      slots: marks.slice(1).map((mark, index) => difference(mark, marks[index] ?? first)),
      purges: this.purges,
      byKey: this.store.byKey,
      announcesOf: this.peers.announcesOf,
      longestValue: this.store.longestValue,
      sessions: this.peers.sessions,
    };
  }

  private startProcesses(): Swarms[] {
    const { config, clock, random, store } = this;
    const rules = { ...config, ...refreshRules(config), warmMilliseconds: config.warmSeconds * 1000 };
    return Array.from(
      { length: this.input.processes },
      () => new Swarms({ store, clock, random, log: strictLog, rules }),
    );
  }

  private async fill(): Promise<void> {
    for (const { infohash, records } of this.peers.records(START_MS)) {
      await putAll(this.input.store, shardsOfRecords(infohash, records, this.config.shardPeers));
    }
  }

  /** Processes know versions of one store only: they begin anew. */
  private async move(moveTo: (store: Store) => Promise<Store>): Promise<void> {
    this.store = new SimulatedStore(await moveTo(this.input.store));
    this.processes = this.startProcesses();
    this.purgeCalls = this.store.calls();
  }

  /** All that was counted so far. */
  private counted(): Counted {
    const { acts, returned, returnedGone, returnedOverdue, returnedOverdueGone, purgeCalls } = this;
    const calls = minus(this.store.calls(), purgeCalls);
    return {
      acts: { ...acts },
      calls,
      purgeCalls,
      returned,
      returnedGone,
      returnedOverdue,
      returnedOverdueGone,
    };
  }

  /** All that is due in a second, as many at once as come while a call to the store is under way. */
  private async announceAll(due: Calendar, second: number): Promise<void> {
    const places = due.take(second);
    const parts = Math.max(1, Math.round(1000 / this.input.storeMilliseconds));
    for (let part = 0, from = 0; from < places.length; part++) {
      const to = Math.ceil((places.length * (part + 1)) / parts);
      this.milliseconds = START_MS + (second + part / parts) * 1000;
      const announces: Promise<void>[] = [];
      for (; from < to; from++) {
        const place = places[from] ?? 0;
        announces.push(this.announce(place, second));
        due.add(place, Math.max(this.peers.dueAt(place), second + 1));
      }
      await Promise.all(announces);
    }
  }

  private announce(place: number, second: number): Promise<void> {
    const { act, announcement } = this.peers.act(place, second + 1);
    this.acts[act]++;
    if (act === 'crash') return Promise.resolve();
    const process = this.processes[Math.floor(this.random() * this.processes.length)];
    if (process === undefined) throw new RangeError('no process');
    return process.announce(announcement, WANTED).then(({ peers }) => {
      this.look(peers, second);
    });
  }

  private look(peers: SelectedPeers, second: number): void {
    const { announceIntervalSeconds: interval, intervalJitterPercent: jitter } = this.config;
    const overdueSince = second - interval * (1 + jitter / 100) - OVERDUE_SECONDS;
    for (const { family, size, sessionAt } of FAMILIES) {
      const compact = Buffer.from(peers[family].buffer, peers[family].byteOffset, peers[family].length);
      for (let at = 0; at < compact.length; at += size) {
        const session = compact.readUInt32BE(at + sessionAt);
        const gone = this.peers.isLive(session) ? 0 : 1;
        this.returned++;
        this.returnedGone += gone;
        if (this.peers.lastAnnounce(session) >= overdueSince) continue;
        this.returnedOverdue++;
        this.returnedOverdueGone += gone;
      }
    }
  }

  private async purge(): Promise<void> {
    const { store, clock, config } = this;
    const { byKey } = store;
    store.byKey = undefined;
    const before = store.calls();
    const report = await runPurge(
      { ...config, store, log: strictLog, clock },
      { parallelism: config.purgeParallelism },
    );
    if (report !== undefined) this.purges.push(report);
    store.byKey = byKey;
    this.purgeCalls = minus(store.calls(), minus(before, this.purgeCalls));
  }
}

/** Which places are due in which second. */
class Calendar {
  private readonly first: Int32Array;
  private readonly next: Int32Array;

  constructor(places: number, seconds: number) {
    this.first = new Int32Array(seconds).fill(-1);
    this.next = new Int32Array(places);
  }

  /** What is due after the end is forgotten. */
  add(place: number, at: number): void {
    const second = Math.floor(at);
    if (second >= this.first.length) return;
    this.next[place] = this.first[second] ?? -1;
    this.first[second] = place;
  }

  take(second: number): number[] {
    const places: number[] = [];
    for (let place = this.first[second] ?? -1; place >= 0; place = this.next[place] ?? -1) places.push(place);
    this.first[second] = -1;
    return places;
  }
}

function minus<T extends Readonly<Record<keyof T, number>>>(a: T, b: T): T {
  return Object.fromEntries(
    Object.entries<number>(a).map(([name, n]) => [name, n - b[name as keyof T]]),
  ) as T;
}

function difference(a: Counted, b: Counted): Counted {
  const { acts, calls, purgeCalls, ...numbers } = a;
  const { acts: bActs, calls: bCalls, purgeCalls: bPurgeCalls, ...bNumbers } = b;
  return {
    ...minus(numbers, bNumbers),
    acts: minus(acts, bActs),
    calls: minus(calls, bCalls),
    purgeCalls: minus(purgeCalls, bPurgeCalls),
  };
}
