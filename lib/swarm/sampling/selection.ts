import { Scope, scopeOfV4, scopeOfV6 } from '../../bittorrent/address-scope.js';
import type { Random } from '../../environment.js';
import {
  byteAt,
  copyBytes,
  isSameRange,
  readUint16,
  readUint32,
  writeUint16,
  writeUint32,
} from '../shard/bytes.js';
import { ownsRecord } from '../shard/header.js';
import {
  ENDPOINT_AT,
  layoutOfRecord,
  PARTIAL_SEED,
  PEER_ID_LENGTH,
  SEEDER,
  STOPPED,
  V4,
  V6,
  type RecordLayout,
} from '../shard/peer-record.js';
import type { Shard } from '../shard/shard.js';
import { EndpointSet } from './endpoint-set.js';

/** A reply takes at least this many runs of records of a family, if there are as many. */
const RUNS_OF_A_REPLY = 12;
/** Records in a run, at most. */
const MAX_RUN = 4;
/** 127.0.0.1 */
const LOCALHOST_V4 = 0x7f000001;
/** Bytes of an endpoint in a reply. */
const COMPACT_V4 = 6;
const COMPACT_V6 = 18;

/** Peers for a reply, in the compact forms of BEP 23 (6 bytes a peer) and BEP 7 (18 bytes). */
export interface SelectedPeers {
  readonly v4: Uint8Array;
  readonly v6: Uint8Array;
  /** The peers' ids in the same order, 20 bytes each; only if asked for. */
  readonly ids4?: Uint8Array;
  readonly ids6?: Uint8Array;
}

export interface Wanted {
  /** At most this many peers. */
  readonly limit: number;
  /** The record of the peer that asks. Its peer id, and its endpoint, are never in the answer. */
  readonly self: Uint8Array;
  /** A seeder asks: it gets leechers only. */
  readonly downloadersOnly: boolean;
  readonly withIds: boolean;
  /** Without it every address is given. */
  readonly minScopes?: MinScopes;
  /** Records last seen then or before are expired, seconds since the epoch. */
  readonly expiryCutoff: number;
  /**
   * Records last seen then or before are overdue, seconds since the epoch: their peers should have
   * announced since, and most of them are gone. Without it none are.
   */
  readonly overdueCutoff?: number;
}

/** Of each family: addresses of a smaller scope are of no use to the peer that asks. */
export interface MinScopes {
  readonly v4: Scope;
  readonly v6: Scope;
}

/** Gives every address. */
export const ANY_SCOPE: MinScopes = { v4: Scope.none, v6: Scope.none };

export const NO_SELECTION: SelectedPeers = { v4: new Uint8Array(0), v6: new Uint8Array(0) };

/**
 * Takes peers at random from some shards: first those of the address family of the peer that asks,
 * then of the other one.
 *
 * It goes through the records of a family in runs of a few, from run to run in steps of a random
 * length that shares no factor with the number of runs. So every record comes up once, records that
 * lie together (of one client, as they are sorted by peer id) hardly come together, and nothing is
 * shuffled or allocated per peer. Runs have more than one record in large replies only: they reduce
 * the memory that one reads to a third.
 * An endpoint is given once, however many peer ids it announced with: a restarted client has a new
 * one. And a reply has one peer of each address (of IPv6: of each network of 64 bits) before it has
 * a second one of any: so whoever announces many ports of one address is a single peer to others
 * as long as there are others. Only 127.0.0.1 is many: a proxy that is not trusted makes it of
 * everybody.
 */
export function selectPeers(shards: readonly Shard[], wanted: Wanted, random: Random): SelectedPeers {
  let records = 0;
  for (const shard of shards) records += shard.count;
  if (wanted.limit <= 0 || records === 0) return NO_SELECTION;
  const out = new Selection(Math.min(wanted.limit, records), wanted.withIds, wanted.self);
  const own = layoutOfRecord(wanted.self);
  const { expiryCutoff, overdueCutoff = expiryCutoff } = wanted;
  // Where all get in, none comes before another.
  const current = records > wanted.limit ? Math.max(expiryCutoff, overdueCutoff) : expiryCutoff;
  takeFamily(shards, own, current, wanted, random, out);
  if (!out.isFull) takeFamily(shards, own === V4 ? V6 : V4, current, wanted, random, out);
  return out.peers();
}

/**
 * One of each address, then what others there are; of both first those that are not overdue.
 *
 * An overdue peer comes before the second one of an address that is not: else whoever announces
 * many ports of one address would crowd out peers that are late.
 * @param overdueCutoff records last seen then or before come last; at the least `expiryCutoff`
 */
function takeFamily(
  shards: readonly Shard[],
  layout: RecordLayout,
  overdueCutoff: number,
  wanted: Wanted,
  random: Random,
  out: Selection,
): void {
  const current: SeenRange = { after: overdueCutoff, until: Infinity };
  const overdue: SeenRange = { after: wanted.expiryCutoff, until: overdueCutoff };
  for (const isOnePerAddress of [true, false]) {
    out.begin(isOnePerAddress);
    takeRecords(shards, layout, current, wanted, random, out);
    if (!out.isFull && out.hasLeftOverdue) takeRecords(shards, layout, overdue, wanted, random, out);
    if (out.isFull || !out.hasPassedOver) return;
  }
}

/** When the peers of some records last announced: later than `after`, seconds since the epoch. */
interface SeenRange {
  readonly after: number;
  readonly until: number;
}

function takeRecords(
  shards: readonly Shard[],
  layout: RecordLayout,
  seenRange: SeenRange,
  wanted: Wanted,
  random: Random,
  out: Selection,
): void {
  const length = Math.min(Math.max(Math.floor(out.room / RUNS_OF_A_REPLY), 1), MAX_RUN);
  let runs = 0;
  for (const shard of shards) runs += Math.ceil(shard.countOf(layout) / length);
  if (runs === 0) return;
  const step = coprimeStep(runs, random);
  let run = Math.floor(random() * runs);
  for (let walked = 0; walked < runs && !out.isFull; walked++) {
    takeRun(shards, layout, run, length, seenRange, wanted, out);
    run += step;
    if (run >= runs) run -= runs;
  }
}

/** Takes from the run of a family with this number, counted over all shards. */
function takeRun(
  shards: readonly Shard[],
  layout: RecordLayout,
  run: number,
  length: number,
  seenRange: SeenRange,
  wanted: Wanted,
  out: Selection,
): void {
  for (const shard of shards) {
    const count = shard.countOf(layout);
    const runs = Math.ceil(count / length);
    if (run < runs) {
      take(shard, layout, run * length, Math.min(length, count - run * length), seenRange, wanted, out);
      return;
    }
    run -= runs;
  }
}

function take(
  shard: Shard,
  layout: RecordLayout,
  first: number,
  count: number,
  { after, until }: SeenRange,
  wanted: Wanted,
  out: Selection,
): void {
  const { bytes, header } = shard;
  const { size, seenAt, flagsAt } = layout;
  const { expiryCutoff, self } = wanted;
  const unwanted = wanted.downloadersOnly ? STOPPED | SEEDER | PARTIAL_SEED : STOPPED;
  const { v4, v6 } = wanted.minScopes ?? ANY_SCOPE;
  const minScope = layout === V4 ? v4 : v6;
  let at = shard.start(layout) + first * size;
  for (const end = at + count * size; at < end; at += size) {
    if ((byteAt(bytes, at + flagsAt) & unwanted) !== 0) continue;
    const seen = readUint32(bytes, at + seenAt);
    if (seen <= after) {
      if (seen > expiryCutoff) out.hasLeftOverdue = true;
      continue;
    }
    if (seen > until) continue;
    if (isSameRange(bytes, at, self, 0, PEER_ID_LENGTH)) continue;
    if (header.misplaced && !ownsRecord(header, bytes, at)) continue;
    if (minScope > Scope.none && !isInScope(bytes, at + ENDPOINT_AT, layout, minScope)) continue;
    out.add(bytes, at, layout);
    if (out.isFull) return;
  }
}

/**
 * Whether an address has a scope or a wider one. Of most addresses the first byte tells that they
 * are everybody's.
 */
function isInScope(bytes: Uint8Array, at: number, layout: RecordLayout, minScope: Scope): boolean {
  const first = byteAt(bytes, at);
  if (layout === V4) return IS_WORLD_V4[first] === 1 || scopeOfV4(bytes, at) >= minScope;
  return (first & 0xe0) === 0x20 || scopeOfV6(bytes, at) >= minScope;
}

/** By the first byte of an IPv4 address: 1 if all that begin with it have the widest scope. */
const IS_WORLD_V4 = Uint8Array.from({ length: 256 }, (_, first) =>
  first < 224 && ![0, 10, 100, 127, 169, 172, 192].includes(first) ? 1 : 0,
);

/** The peers taken so far, in compact form. */
class Selection {
  count = 0;
  /** Whether peers were left out as another one of their address was taken. */
  hasPassedOver = false;
  /** Whether overdue peers were left out. */
  hasLeftOverdue = false;
  private isOnePerAddress = false;
  /** Of a record of IPv4; no port is like that of any other. */
  private readonly selfAddress: number = 0;
  private readonly selfPort: number = NaN;
  private readonly given: EndpointSet;
  private v4Count = 0;
  private readonly v4: Buffer;
  private readonly ids4: Buffer | undefined;
  private v6Count = 0;
  private v6: Buffer | undefined;
  private ids6: Buffer | undefined;

  constructor(
    private readonly max: number,
    private readonly withIds: boolean,
    /** The record whose endpoint is kept out of the reply. */
    private readonly self: Uint8Array,
  ) {
    this.given = EndpointSet.cleared(max + 1);
    if (self.length === V4.size) {
      this.selfAddress = readUint32(self, ENDPOINT_AT);
      this.selfPort = readUint16(self, ENDPOINT_AT + V4.addressLength);
    }
    this.v4 = Buffer.allocUnsafe(max * COMPACT_V4);
    this.ids4 = withIds ? Buffer.allocUnsafe(max * PEER_ID_LENGTH) : undefined;
  }

  /** How many peers more it takes. */
  get room(): number {
    return this.max - this.count;
  }

  get isFull(): boolean {
    return this.count === this.max;
  }

  /** @param isOnePerAddress whether to take one peer of each address only */
  begin(isOnePerAddress: boolean): void {
    this.isOnePerAddress = isOnePerAddress;
    this.hasPassedOver = false;
    this.hasLeftOverdue = false;
  }

  add(bytes: Uint8Array, at: number, layout: RecordLayout): void {
    if (layout === V4) this.addV4(bytes, at);
    else this.addV6(bytes, at);
  }

  private addV4(bytes: Uint8Array, at: number): void {
    const address = readUint32(bytes, at + ENDPOINT_AT);
    const port = readUint16(bytes, at + ENDPOINT_AT + V4.addressLength);
    if (port === this.selfPort && address === this.selfAddress) return;
    if (!this.takesV4(address, port)) return;
    const to = this.v4Count * COMPACT_V4;
    writeUint32(this.v4, to, address);
    writeUint16(this.v4, to + V4.addressLength, port);
    if (this.ids4 !== undefined)
      copyBytes(bytes, at, this.ids4, this.v4Count * PEER_ID_LENGTH, PEER_ID_LENGTH);
    this.v4Count++;
    this.count++;
  }

  private takesV4(address: number, port: number): boolean {
    const { given } = this;
    if (address === LOCALHOST_V4) return given.addV4(address, port);
    if (!this.isOnePerAddress) return !given.isFirstV4(address, port) && given.addV4(address, port);
    if (given.addFirstV4(address, port)) return true;
    this.hasPassedOver = true;
    return false;
  }

  private takesV6(bytes: Uint8Array, at: number): boolean {
    const { given, self } = this;
    const isSelf = self.length !== V4.size && isSameRange(bytes, at, self, ENDPOINT_AT, COMPACT_V6);
    if (isSelf) return false;
    if (!this.isOnePerAddress) {
      return !given.isFirstV6(bytes, at, COMPACT_V6) && given.add(bytes, at, COMPACT_V6);
    }
    if (given.addFirstV6(bytes, at)) return true;
    this.hasPassedOver = true;
    return false;
  }

  private addV6(bytes: Uint8Array, at: number): void {
    if (!this.takesV6(bytes, at + ENDPOINT_AT)) return;
    this.v6 ??= Buffer.allocUnsafe(this.max * COMPACT_V6);
    copyBytes(bytes, at + ENDPOINT_AT, this.v6, this.v6Count * COMPACT_V6, COMPACT_V6);
    if (this.withIds) {
      this.ids6 ??= Buffer.allocUnsafe(this.max * PEER_ID_LENGTH);
      copyBytes(bytes, at, this.ids6, this.v6Count * PEER_ID_LENGTH, PEER_ID_LENGTH);
    }
    this.v6Count++;
    this.count++;
  }

  peers(): SelectedPeers {
    // Most replies are full, of one family.
    const v4 = this.v4Count === this.max ? this.v4 : this.v4.subarray(0, this.v4Count * COMPACT_V4);
    const v6 = this.v6 === undefined ? NO_SELECTION.v6 : this.v6.subarray(0, this.v6Count * COMPACT_V6);
    if (this.ids4 === undefined) return { v4, v6 };
    const ids4 = this.ids4.subarray(0, this.v4Count * PEER_ID_LENGTH);
    return { v4, v6, ids4, ids6: this.ids6?.subarray(0, this.v6Count * PEER_ID_LENGTH) ?? NO_SELECTION.v6 };
  }
}

/** A random step from 1 to total - 1 without a common factor with the total; 1 for small totals. */
function coprimeStep(total: number, random: Random): number {
  if (total <= 2) return 1;
  let step = 1 + Math.floor(random() * (total - 1));
  while (greatestCommonDivisor(step, total) !== 1) step++;
  return step;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
