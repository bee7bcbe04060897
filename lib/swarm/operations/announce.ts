import { isLocalhost } from '../../bittorrent/address-scope.js';
import { readUint32 } from '../shard/bytes.js';
import { countChanged, countedPeer } from '../shard/counts.js';
import { addressLimit, hasManyOfAddress } from '../shard/address-count.js';
import { isExpired, isLive } from '../shard/expiry.js';
import {
  compareAge,
  COUNTED,
  createRecord,
  dateOf,
  expiryCutoff,
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
} from '../shard/peer-record.js';
import { hashPeerId } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';
import type { Refusal } from '../../bittorrent/errors.js';
import { needsRefresh, type RefreshRules } from '../refresh.js';
import type { PeerOperation } from './operation.js';

const STATE_FLAGS = { seeder: SEEDER, leecher: 0, 'partial-seed': PARTIAL_SEED } as const;

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

export interface AnnouncementRules extends RefreshRules {
  readonly peerLifetimeSeconds: number;
  /** Peers of one address that a small swarm keeps; 0 or undefined: any number. */
  readonly addressPeers?: number;
}

/** Puts a peer's record into its shard; a tombstone if the peer stopped. */
export class AnnounceOperation implements PeerOperation {
  readonly hash: number;
  /** Whether a download counts depends on the peer's other records. */
  readonly needsRecordsOf: Uint8Array | undefined;
  /** Whether this announce is the one that counts the peer's download. */
  countsDownload = false;
  /** What its address is told that begins too many swarms. */
  refusal: Refusal | undefined;
  /** The record as it was last applied. */
  readonly record: Buffer;

  private readonly layout: RecordLayout;
  /** Its address has been let begin the swarm. */
  private hasBegun = false;
  /** It was applied to some shard: the record's flags stay the same when it is applied again. */
  private decided = false;

  constructor(
    private readonly announcement: Announcement,
    private readonly rules: AnnouncementRules,
    /** Asked once, if the announce is the first of a swarm: whether its address may begin one. */
    private readonly mayBegin?: (address: Uint8Array) => Refusal | undefined,
  ) {
    const { peerId, address, port, state } = announcement;
    this.layout = layoutOf(address);
    this.record = createRecord({ peerId, address, port, flags: STATE_FLAGS[state] });
    this.hash = hashPeerId(this.record);
    this.needsRecordsOf = announcement.event === 'completed' ? announcement.peerId : undefined;
  }

  /**
   * A fresh read is worth its cost where a cached state would make it write nothing, or count a
   * download: at a stop of a peer that is not there, a start of one that is, and a completed
   * download. The peer may have announced through another process since.
   */
  needsFreshRead(shard: Shard, now: number): boolean {
    const { event, port } = this.announcement;
    if (event === 'none' || port === 0) return false;
    if (event === 'completed') return true;
    const { at, found } = shard.find(this.layout, this.record);
    const live = found && isLive(shard.bytes, at, this.layout, this.expiryCutoff(now));
    return live === (event === 'started');
  }

  apply(shard: Shard, now: number): Shard {
    if (this.announcement.port === 0) return shard;
    const { layout, record } = this;
    const expiryCutoff = this.expiryCutoff(now);
    const position = shard.find(layout, record);
    const { at, found } = position;
    const live = found && isLive(shard.bytes, at, layout, expiryCutoff);
    if (!this.decided) {
      const { event } = this.announcement;
      if (!found && event !== 'stopped' && !this.isTaken(shard, expiryCutoff)) return shard;
      // With several shards the peer's record may be on its way here: the tombstone must be first.
      if (event === 'stopped' && !live && shard.header.depth === 0) return shard;
      // Clients send a stop twice: the second tombstone keeps what the first one knows.
      const isKnown =
        live || (event === 'stopped' && found && !isExpired(shard.bytes, at, layout, expiryCutoff));
      this.decide(shard, isKnown ? at : undefined, expiryCutoff);
      if (event === 'none' && live && this.saysNothingNew(shard, at, now)) return shard;
      this.decided = true;
    }
    this.date(shard, found ? at : undefined, now);
    const counted = countedPeer(shard, layout, record, at, expiryCutoff);
    const next = shard.put(layout, record, position);
    if (counted !== undefined) countChanged(next, layout, record, at, expiryCutoff, counted);
    return next;
  }

  isAppliedIn(shard: Shard): boolean {
    if (!this.decided) return true;
    const { at, found } = shard.find(this.layout, this.record);
    return found && compareAge(shard.bytes, at, this.record, 0, this.layout) === 0;
  }

  /**
   * Whether a shard takes a peer that it does not have yet. One that it does not take is answered
   * all the same, and nothing is written.
   */
  private isTaken(shard: Shard, expiryCutoff: number): boolean {
    this.refusal = undefined;
    if (shard.count === 0) {
      if (shard.header.depth > 0 || this.mayBegin === undefined || this.hasBegun) return true;
      this.refusal = this.mayBegin(this.announcement.address);
      this.hasBegun = this.refusal === undefined;
      return this.hasBegun;
    }
    const { addressPeers = 0 } = this.rules;
    // A proxy that is not trusted makes 127.0.0.1 of everybody.
    if (addressPeers === 0 || isLocalhost(this.announcement.address)) return true;
    const limit = addressLimit(addressPeers, shard.header.depth);
    return !hasManyOfAddress(shard, this.layout, this.record, limit, expiryCutoff);
  }

  /**
   * @param knownAt offset of the record that says whether the peer's download is counted, if any
   */
  private decide(shard: Shard, knownAt: number | undefined, expiryCutoff: number): void {
    const { event, state } = this.announcement;
    let flags = event === 'stopped' ? STOPPED : STATE_FLAGS[state];
    if (knownAt !== undefined) flags |= flagsOf(shard.bytes, knownAt, this.layout) & COUNTED;
    if (event === 'completed' && state === 'seeder') {
      const download = this.downloadIn(shard, expiryCutoff);
      this.countsDownload = download === 'counts now';
      if (download !== 'none') flags |= COUNTED;
    }
    this.record[this.layout.flagsAt] = flags;
  }

  /**
   * What a completed download is worth: it counts if the peer was a leecher up to now, so that some
   * live record of its peer id says so, and none says seeder or counted. By peer id, as a peer with
   * two addresses announces its download from both: the second record remembers, too, that it is
   * counted, and goes on to do so when the first is gone.
   */
  private downloadIn(shard: Shard, expiryCutoff: number): 'counts now' | 'is counted' | 'none' {
    let leeching = false;
    let seeding = false;
    for (const layout of [V4, V6]) {
      const { from, to } = shard.recordsOf(layout, this.record);
      for (let at = from; at < to; at += layout.size) {
        if (isExpired(shard.bytes, at, layout, expiryCutoff)) continue;
        const flags = flagsOf(shard.bytes, at, layout);
        if ((flags & COUNTED) !== 0) return 'is counted';
        if ((flags & STOPPED) !== 0) continue;
        if ((flags & SEEDER) !== 0) seeding = true;
        else leeching = true;
      }
    }
    return leeching && !seeding ? 'counts now' : 'none';
  }

  private saysNothingNew(shard: Shard, at: number, now: number): boolean {
    const { layout, record, rules, hash } = this;
    if (flagsOf(shard.bytes, at, layout) !== flagsOf(record, 0, layout)) return false;
    return !needsRefresh(readUint32(shard.bytes, at + layout.seenAt), now / 1000, hash, rules);
  }

  /** Dates the record: now, but never before the one it replaces, whatever clock dated that. */
  private date(shard: Shard, knownAt: number | undefined, now: number): void {
    const { layout, record } = this;
    setDate(record, layout, toTicks(now));
    if (knownAt === undefined || compareAge(record, 0, shard.bytes, knownAt, layout) >= 0) return;
    setDate(record, layout, dateOf(shard.bytes, knownAt, layout) + 1);
  }

  private expiryCutoff(now: number): number {
    return expiryCutoff(now, this.rules.peerLifetimeSeconds);
  }
}
