import type { Random } from '../../lib/environment.js';
import type { Announcement } from '../../lib/swarm/operations/announce.js';
import { createRecord, layoutOfRecord, SEEDER, setDate, toTicks } from '../../lib/swarm/shard/peer-record.js';
import { infohashOf } from '../load/numbered.js';
import { lengthUnderWay, sessionLength, type SessionModel } from './sessions.js';

/** What a peer does next. */
export type PeerAct = 'start' | 'announce' | 'complete' | 'stop' | 'crash';

/** Between the end of a session and the next one in its place, at most, seconds. */
const MAX_PAUSE_SECONDS = 60;
const PORT = 6881;

/**
 * The peers of a site: each swarm has so many places, and in each place one session follows the
 * other, so that the number of peers stays. Every session is a peer of its own. Times are seconds
 * from the beginning. Nothing is an object per peer: there are millions.
 */
export class Peers {
  readonly places: number;
  /** Sessions that have begun. */
  sessions = 0;
  /** Announces of each swarm. */
  readonly announcesOf: Uint32Array;
  private readonly swarmOf: Uint32Array;
  private readonly infohashes: readonly Buffer[];
  private readonly sessionAt: Uint32Array;
  private readonly nextAt: Float64Array;
  private readonly endsAt: Float64Array;
  private readonly completesAt: Float64Array;
  private readonly isSeeder: Uint8Array;
  private readonly hasStarted: Uint8Array;
  /** By session: whether it goes on. */
  private live = new Uint8Array(1 << 20);
  /** By session: when it last announced, seconds. */
  private announcedAt = new Float32Array(1 << 20);

  /**
   * @param sizes peers of each swarm
   * @param numbers of the swarms, which name their infohashes
   * @param begunAfter for a swarm whose peers come while the simulation goes on: within how many
   *   seconds; undefined: they are there when it begins
   * @param gap seconds to a peer's next announce, as the tracker tells and the client keeps it
   * @param v6Share the share of sessions over IPv6
   */
  constructor(
    sizes: ArrayLike<number>,
    numbers: ArrayLike<number>,
    begunAfter: (swarm: number) => number | undefined,
    private readonly model: SessionModel,
    private readonly gap: () => number,
    private readonly random: Random,
    private readonly v6Share: number,
  ) {
    this.places = Array.from(sizes).reduce((sum, size) => sum + size, 0);
    this.swarmOf = new Uint32Array(this.places);
    this.announcesOf = new Uint32Array(sizes.length);
    this.infohashes = Array.from(numbers, infohashOf);
    for (let swarm = 0, from = 0; swarm < sizes.length; swarm++) {
      const size = sizes[swarm] ?? 0;
      this.swarmOf.fill(swarm, from, from + size);
      from += size;
    }
    this.sessionAt = new Uint32Array(this.places);
    this.nextAt = new Float64Array(this.places);
    this.endsAt = new Float64Array(this.places);
    this.completesAt = new Float64Array(this.places);
    this.isSeeder = new Uint8Array(this.places);
    this.hasStarted = new Uint8Array(this.places);
    for (let place = 0; place < this.places; place++) {
      const within = begunAfter(at(this.swarmOf, place));
      if (within === undefined) this.findUnderWay(place);
      else this.begin(place, this.random() * within);
    }
  }

  /** When the peer in a place does something next. */
  dueAt(place: number): number {
    const next = Math.min(at(this.nextAt, place), at(this.completesAt, place));
    // It ends no sooner than it has started.
    return at(this.hasStarted, place) === 0 ? at(this.nextAt, place) : Math.min(next, at(this.endsAt, place));
  }

  /** Lets the peer in a place do what is due, and says what that is, and of whom. */
  act(place: number, now: number): { act: PeerAct; announcement: Announcement } {
    const act = this.actDue(place, now);
    if (act === 'start') this.hasStarted[place] = 1;
    if (act === 'complete') {
      this.isSeeder[place] = 1;
      this.completesAt[place] = Infinity;
    }
    const announcement = this.announcement(place, act);
    const swarm = at(this.swarmOf, place);
    if (act !== 'crash') this.announcesOf[swarm] = at(this.announcesOf, swarm) + 1;
    if (act === 'stop' || act === 'crash') {
      this.live[at(this.sessionAt, place)] = 0;
      this.begin(place, now + this.random() * MAX_PAUSE_SECONDS);
    } else {
      this.nextAt[place] = now + this.gap();
      this.announcedAt[at(this.sessionAt, place)] = now;
    }
    return { act, announcement };
  }

  /**
   * The records of the peers that are there when the simulation begins, by swarm: each announced
   * one interval before its next announce.
   * @param startMs when the simulation begins, milliseconds since the epoch
   */
  *records(startMs: number): Generator<{ infohash: Uint8Array; records: Buffer[] }> {
    let records: Buffer[] = [];
    for (let place = 0; place < this.places; place++) {
      const swarm = at(this.swarmOf, place);
      if (at(this.hasStarted, place) === 1) {
        const { peerId, address, port, state, infohash } = this.announcement(place, 'announce');
        const flags = state === 'seeder' ? SEEDER : 0;
        const record = createRecord({ peerId, address, port, flags });
        const seenAt = Math.min(0, at(this.nextAt, place) - this.gap());
        setDate(record, layoutOfRecord(record), toTicks(startMs + seenAt * 1000));
        this.announcedAt[at(this.sessionAt, place)] = seenAt;
        records.push(record);
        if (place + 1 < this.places && at(this.swarmOf, place + 1) === swarm) continue;
        yield { infohash, records };
        records = [];
      }
    }
  }

  /** Whether a session goes on. */
  isLive(session: number): boolean {
    return this.live[session] === 1;
  }

  /** When a session last announced, seconds from the beginning. */
  lastAnnounce(session: number): number {
    return at(this.announcedAt, session);
  }

  private actDue(place: number, now: number): PeerAct {
    if (at(this.hasStarted, place) === 0) return 'start';
    if (at(this.endsAt, place) <= now) return this.random() < this.model.crashShare ? 'crash' : 'stop';
    return at(this.completesAt, place) <= now ? 'complete' : 'announce';
  }

  /** A session that has been under way for some time when the simulation begins. */
  private findUnderWay(place: number): void {
    const length = lengthUnderWay(this.model, this.random);
    const age = this.random() * length;
    this.occupy(place, -age, length);
    this.hasStarted[place] = 1;
    this.nextAt[place] = this.random() * this.gap();
    if (at(this.completesAt, place) > 0) return;
    this.isSeeder[place] = 1;
    this.completesAt[place] = Infinity;
  }

  private begin(place: number, now: number): void {
    this.occupy(place, now, sessionLength(this.model, this.random));
    this.hasStarted[place] = 0;
    this.nextAt[place] = now;
  }

  private occupy(place: number, startsAt: number, length: number): void {
    const { model, random } = this;
    const session = this.sessions++;
    if (session === this.live.length) {
      const { live, announcedAt } = this;
      this.live = new Uint8Array(live.length * 2);
      this.live.set(live);
      this.announcedAt = new Float32Array(announcedAt.length * 2);
      this.announcedAt.set(announcedAt);
    }
    this.live[session] = 1;
    this.sessionAt[place] = session;
    this.endsAt[place] = startsAt + length;
    const seeds = random() < model.seederShare;
    this.isSeeder[place] = seeds ? 1 : 0;
    const completes = !seeds && random() < model.completingShare;
    this.completesAt[place] = completes ? startsAt + random() * length : Infinity;
  }

  private announcement(place: number, act: PeerAct): Announcement {
    const session = at(this.sessionAt, place);
    const peerId = Buffer.alloc(20, 'TR');
    peerId.writeUInt32BE(Math.imul(session, 0x9e3779b1) >>> 0, 12);
    peerId.writeUInt32BE(session, 16);
    const isV6 = peerId.readUInt16BE(12) < this.v6Share * 65_536;
    const address = Buffer.alloc(isV6 ? 16 : 4, 0x20);
    address.writeUInt32BE(session, address.length - 4);
    return {
      infohash: this.infohashes[at(this.swarmOf, place)] ?? Buffer.alloc(20),
      peerId,
      address,
      port: PORT,
      state: at(this.isSeeder, place) === 1 ? 'seeder' : 'leecher',
      event: EVENTS[act],
    };
  }
}

const EVENTS = {
  start: 'started',
  announce: 'none',
  complete: 'completed',
  stop: 'stopped',
  crash: 'none',
} as const;

function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number;
}
