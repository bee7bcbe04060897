import type { Random } from '../../environment.js';
import type { Log } from '../../log.js';
import type { ShardCache } from '../cache/shard-cache.js';
import { ListOperation, type ListRules } from '../operations/list.js';
import { ReadOperation, type ShardOperation } from '../operations/operation.js';
import { isLive } from '../shard/expiry.js';
import { isRare, listOf } from '../shard/families.js';
import { flagsOf, layoutOfRecord, STOPPED, type RecordLayout } from '../shard/peer-record.js';
import type { Shard } from '../shard/shard.js';

export interface FamilyListRules {
  /** A shard with more records than this splits, and a list has no more. */
  readonly shardPeers: number;
  /** A re-announce that says nothing new and comes sooner than this is not written. */
  readonly unwrittenSeconds: number;
}

/**
 * The rarer address family of large swarms. Peers lie in shards by their ids, so the few IPv6 peers
 * of a large IPv4 swarm (or the other way round) are in as many shards, most of which a reply never
 * sees. So a swarm has a list of each family that is rare: one stored value with copies of the
 * records, which those peers keep themselves. An announce of a rare family writes it as well, and
 * that write's answer is the read. Other announces do not touch it.
 *
 * A list has at most `shardPeers` records. Where a family has more peers, each gets in with the
 * same chance, in place of the oldest, so that over time all of them are handed out.
 */
export class FamilyLists {
  private readonly rules: ListRules;

  constructor(
    private readonly cache: ShardCache,
    private readonly random: Random,
    private readonly log: Log,
    private readonly shared: FamilyListRules,
  ) {
    this.rules = { maxRecords: shared.shardPeers, unwrittenSeconds: shared.unwrittenSeconds };
  }

  /**
   * Lists a peer if its family is rare in its shard. Undefined if the list does not matter to it;
   * resolves to undefined if it could not be written: the announce itself is stored already.
   * @param own the peer's shard, with its record
   * @param self the record as it was announced
   * @param expiryCutoff records last seen then or before are expired, seconds since the epoch
   */
  visit(
    infohash: string,
    own: Shard,
    self: Uint8Array,
    expiryCutoff: number,
  ): Promise<Shard | undefined> | undefined {
    const layout = layoutOfRecord(self);
    const rare = isRare(own, layout, this.shared.shardPeers);
    // Most peers end here, and cost nothing more than this.
    if (!rare && (flagsOf(self, 0, layout) & STOPPED) === 0) return undefined;
    const number = listOf(layout);
    const { at, found } = own.find(layout, self);
    const isStopped = found && (flagsOf(own.bytes, at, layout) & STOPPED) !== 0;
    const known = this.cache.peek(infohash, number);
    if (!rare) {
      // A peer that was listed must not stay there when it leaves.
      const list = isStopped ? known?.latest : undefined;
      if (list === undefined || !hasLive(list, layout, self, expiryCutoff)) return undefined;
    }
    let operation: ShardOperation = new ReadOperation();
    if (found) {
      if (isStopped && known?.warm !== undefined && !known.warm.find(layout, self).found) return undefined;
      const record = own.bytes.subarray(at, at + layout.size);
      operation = new ListOperation(layout, record, this.isChosen(own, layout), this.rules);
    }
    return this.cache
      .writer(infohash, number)
      .submit(operation, 'stale')
      .then(
        ({ shard }) => shard,
        (cause: unknown) => {
          this.log.warn('rare family not listed', { infohash, cause });
          return undefined;
        },
      );
  }

  /** Chance: a full list's length to the number of peers of the family, estimated from one shard. */
  private isChosen(own: Shard, layout: RecordLayout): boolean {
    const peers = own.countOf(layout) * 2 ** own.header.depth;
    return this.random() * peers < this.rules.maxRecords;
  }
}

function hasLive(list: Shard, layout: RecordLayout, self: Uint8Array, expiryCutoff: number): boolean {
  const { at, found } = list.find(layout, self);
  return found && isLive(list.bytes, at, layout, expiryCutoff);
}
