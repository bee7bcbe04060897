import { readUint32 } from './bytes.js';
import { countChanged, countedPeer } from './counts.js';
import { isExpired, isLive } from './filter.js';
import type { PeerOperation } from './operation.js';
import {
  compareAge,
  COUNTED,
  createRecord,
  dateOf,
  expiryDeadline,
  flagsOf,
  layoutOf,
  PARTIAL_SEED,
  SEEDER,
  setDate,
  STOPPED,
  toTicks,
  V4,
  V6,
  type RecordLayout,
} from './peer-record.js';
import { hashPeerId } from './placement.js';
import type { Shard } from './shard.js';

/** What a peer says of itself, as the swarm takes it. */
export interface Announcement {
  readonly infohash: Uint8Array;
  readonly peerId: Uint8Array;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** 0: the peer listens nowhere. It is not stored, and gets peers all the same. */
  readonly port: number;
  readonly state: 'seeder' | 'leecher' | 'partial-seed';
  readonly event: 'none' | 'started' | 'stopped' | 'completed';
}

export interface AnnouncementRules {
  readonly peerLifetimeSeconds: number;
  /** A re-announce that says nothing new and comes sooner than this is not written. */
  readonly unwrittenSeconds: number;
}

/** Puts a peer's record into its shard, or a tombstone in its place. */
export class AnnounceOperation implements PeerOperation {
  readonly hash: number;
  /** A download counts if the peer was known as a leecher. */
  readonly looksBackOn: Uint8Array | undefined;
  /** Whether this announce is the one that counts the peer's download. */
  countsDownload = false;
  /** The record as it was last put in. */
  readonly record: Buffer;

  private readonly layout: RecordLayout;
  /** The record was put in somewhere: what it says is decided, and stays so when it is applied again. */
  private decided = false;

  constructor(
    private readonly announcement: Announcement,
    private readonly rules: AnnouncementRules,
  ) {
    const { peerId, address, port, state } = announcement;
    this.layout = layoutOf(address);
    this.record = createRecord({ peerId, address, port, flags: STATE_FLAGS[state] });
    this.hash = hashPeerId(this.record);
    this.looksBackOn = announcement.event === 'completed' ? announcement.peerId : undefined;
  }

  /**
   * What would not be written, or counted, on the word of a remembered state is worth a read, as the peer may have announced through another
   * process since: a stop of a peer that is not there, a start of one that is, and a completed download.
   */
  doubts(shard: Shard, now: number): boolean {
    const { event, port } = this.announcement;
    if (event === 'none' || port === 0) return false;
    if (event === 'completed') return true;
    const { at, found } = shard.find(this.layout, this.record);
    const live = found && isLive(shard.bytes, at, this.layout, this.deadline(now));
    return live === (event === 'started');
  }

  apply(shard: Shard, now: number): Shard {
    if (this.announcement.port === 0) return shard;
    const { layout, record } = this;
    const deadline = this.deadline(now);
    const place = shard.find(layout, record);
    const { at, found } = place;
    const live = found && isLive(shard.bytes, at, layout, deadline);
    if (!this.decided) {
      const { event } = this.announcement;
      // In a swarm of several shards the peer may be on its way here from another one, so the tombstone must be there first.
      if (event === 'stopped' && !live && shard.header.depth === 0) return shard;
      // A tombstone in the place of another one remembers as much: clients send a stop twice.
      const isKnown = live || (event === 'stopped' && found && !isExpired(shard.bytes, at, layout, deadline));
      this.decide(shard, isKnown ? at : undefined, deadline);
      if (event === 'none' && live && this.saysNothingNew(shard, at, now)) return shard;
      this.decided = true;
    }
    this.date(shard, found ? at : undefined, now);
    const counted = countedPeer(shard, layout, record, at, deadline);
    const next = shard.put(layout, record, place);
    if (counted !== undefined) countChanged(next, layout, record, at, deadline, counted);
    return next;
  }

  holds(shard: Shard): boolean {
    if (!this.decided) return true;
    const { at, found } = shard.find(this.layout, this.record);
    return found && compareAge(shard.bytes, at, this.record, 0, this.layout) === 0;
  }

  /** @param knownAt where the record is that says whether the peer's download is counted, if there is one */
  private decide(shard: Shard, knownAt: number | undefined, deadline: number): void {
    const { event, state } = this.announcement;
    let flags = event === 'stopped' ? STOPPED : STATE_FLAGS[state];
    if (knownAt !== undefined) flags |= flagsOf(shard.bytes, knownAt, this.layout) & COUNTED;
    if (event === 'completed' && state === 'seeder' && this.completesNow(shard, deadline)) {
      this.countsDownload = true;
      flags |= COUNTED;
    }
    this.record[this.layout.flagsAt] = flags;
  }

  /**
   * Whether the peer was a leecher up to now: some live record of its peer id says so, and none says seeder or counted. By peer id, as
   * a peer with two addresses announces its one download from both.
   */
  private completesNow(shard: Shard, deadline: number): boolean {
    let leeching = false;
    for (const layout of [V4, V6]) {
      const { from, to } = shard.recordsOf(layout, this.record);
      for (let at = from; at < to; at += layout.size) {
        if (isExpired(shard.bytes, at, layout, deadline)) continue;
        const flags = flagsOf(shard.bytes, at, layout);
        if ((flags & COUNTED) !== 0) return false;
        if ((flags & STOPPED) !== 0) continue;
        if ((flags & SEEDER) !== 0) return false;
        leeching = true;
      }
    }
    return leeching;
  }

  private saysNothingNew(shard: Shard, at: number, now: number): boolean {
    const { layout, record, rules } = this;
    const age = now / 1000 - readUint32(shard.bytes, at + layout.seenAt);
    if (age < 0 || age >= rules.unwrittenSeconds) return false;
    return flagsOf(shard.bytes, at, layout) === flagsOf(record, 0, layout);
  }

  /** Dates the record: now, but never older than the one it replaces, whatever clock that was written by. */
  private date(shard: Shard, knownAt: number | undefined, now: number): void {
    const { layout, record } = this;
    setDate(record, layout, toTicks(now));
    if (knownAt === undefined || compareAge(record, 0, shard.bytes, knownAt, layout) >= 0) return;
    setDate(record, layout, dateOf(shard.bytes, knownAt, layout) + 1);
  }

  private deadline(now: number): number {
    return expiryDeadline(now, this.rules.peerLifetimeSeconds);
  }
}

const STATE_FLAGS = { seeder: SEEDER, leecher: 0, 'partial-seed': PARTIAL_SEED } as const;
