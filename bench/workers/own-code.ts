/**
 * Processor time of the tracker's own code for an announce: from request target to reply, on a
 * store in memory that answers at once.
 */
import { announceTarget, addressOf, escapeInfohash, infohashOf } from '../load/numbered.js';
import { ask, config, createFront } from '../support/tracker.js';
import { InstantStore } from '../support/instant-store.js';
import { evenShards, putAll } from '../support/stored-swarm.js';
import { work } from './work.js';

export interface OwnCodeInput {
  readonly rounds: number;
  readonly announces: number;
}

export interface OwnCodeOutput {
  /** Microseconds for an announce, one a round. */
  readonly announce: readonly number[];
  /** Microseconds for the calibration loop, taken beside it. */
  readonly calibration: readonly number[];
}

const SWARMS = 1000;
/** One shard each. */
const SIZE = 150;
const PEERS_IN_REPLY = 50;
/**
 * How old a peer's last announce is when it announces again, more or less a round: so that every
 * announce is written, and no peer expires. With the defaults both are so from 720 to 2,700 s. The
 * clock goes on by a share of it between rounds, as it would forget what is warm if it went on all
 * the time.
 */
const INTERVAL_MS = 1_300_000;
const FIRST_INTERVAL_MS = 1_000_000;

/**
 * As many as the connections of the other rows, each to another swarm: none shares a write with
 * another.
 */
const AT_ONCE = 64;

interface Request {
  readonly target: string;
  readonly address: string;
}

export interface OwnCodeWorker {
  readonly input: OwnCodeInput;
  readonly output: OwnCodeOutput;
}

work<OwnCodeWorker>(async ({ rounds, announces }) => {
  const store = new InstantStore();
  await putAll(store, evenShards(0, SWARMS, SIZE, Date.now() - FIRST_INTERVAL_MS, config.shardPeers));
  const warmUps = announces / 5;
  const roundMs = (INTERVAL_MS * (announces + warmUps)) / (SWARMS * SIZE);
  let round = 0;
  const clock = { now: () => Date.now() + round * roundMs };
  const front = createFront({ store, clock, random: Math.random });
  const escaped = Array.from({ length: SWARMS }, (_, swarm) => escapeInfohash(infohashOf(swarm)));
  let place = 0;
  const next = (): Request => {
    const swarm = place % SWARMS;
    const peer = swarm * SIZE + (Math.floor(place / SWARMS) % SIZE);
    place++;
    return { target: announceTarget(escaped[swarm] ?? '', peer), address: addressOf(peer) };
  };
  const announce = ({ target, address }: Request): Promise<Buffer> => ask(front.announce, target, address);
  const output = { announce: [] as number[], calibration: [] as number[] };
  const announceAll = async (requests: readonly Request[]): Promise<void> => {
    for (let at = 0; at < requests.length; at += AT_ONCE) {
      const [reply] = await Promise.all(requests.slice(at, at + AT_ONCE).map(announce));
      // Of the others it is known that they were written.
      if (reply?.includes(FULL_REPLY) !== true)
        throw new Error(`no ${PEERS_IN_REPLY} peers: ${reply?.toString('latin1') ?? ''}`);
    }
  };
  // Round 0 is for the compiler.
  for (; round <= rounds; round++) {
    const requests = Array.from({ length: announces }, next);
    const { writes } = store;
    globalThis.gc?.();
    // A collection while nothing is under way takes compiled code with it, as no object is left of
    // some kinds that it is made for.
    await announceAll(Array.from({ length: warmUps }, next));
    const cpu = process.cpuUsage();
    await announceAll(requests);
    const microseconds = microsecondsSince(cpu) / announces;
    if (store.writes !== writes + warmUps + announces) throw new Error('an announce was not written');
    const calibration = calibrate();
    if (round === 0) continue;
    output.announce.push(microseconds);
    output.calibration.push(calibration);
  }
  return output;
});

const FULL_REPLY = Buffer.from(`5:peers${6 * PEERS_IN_REPLY}:`);

/**
 * Microseconds for FNV-1a over 8 KiB, in JavaScript: what any announce could be held against on any
 * machine.
 */
function calibrate(): number {
  const bytes = Buffer.alloc(8192, 0x5a);
  const repeats = 5000;
  const cpu = process.cpuUsage();
  let hash = 0;
  for (let i = 0; i < repeats; i++) hash ^= fnv1a(bytes, i);
  if (hash === 1) throw new Error('only so that the loop is not dropped');
  return microsecondsSince(cpu) / repeats;
}

function fnv1a(bytes: Uint8Array, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function microsecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
