import { readUint32 } from '../shard/bytes.js';
import { merge } from '../shard/merge.js';
import { flagsOf, STOPPED, type RecordLayout } from '../shard/peer-record.js';
import type { Shard } from '../shard/shard.js';
import { dropOldest } from '../shard/split.js';
import type { ShardOperation } from './operation.js';

/** Which peers a list of a rare family takes. */
export interface ListRules {
  /** Records in a list, at most. */
  readonly maxRecords: number;
  /** A record that says nothing new, and is not older than this, is not written again. */
  readonly unwrittenSeconds: number;
}

/**
 * Puts one peer's record into the list of its address family. As long as the list has room it takes
 * every peer. A full list takes only chosen ones, each in place of the oldest.
 */
export class ListOperation implements ShardOperation {
  private readonly flags: number;

  /**
   * @param record as it is in its shard
   * @param isChosen whether a full list takes it
   */
  constructor(
    private readonly layout: RecordLayout,
    private readonly record: Uint8Array,
    private readonly isChosen: boolean,
    private readonly rules: ListRules,
  ) {
    this.flags = flagsOf(record, 0, layout);
  }

  apply(list: Shard): Shard {
    const position = list.find(this.layout, this.record);
    const isStopped = (this.flags & STOPPED) !== 0;
    const hasRoom = list.count + (position.found ? 0 : 1) <= this.rules.maxRecords;
    if (position.found && !isStopped && this.saysNothingNew(list, position.at)) return list;
    if (!hasRoom && !isStopped && !this.isChosen) return list;
    return dropOldest(list.with(this.layout, this.record, position), this.rules.maxRecords);
  }

  private saysNothingNew(list: Shard, at: number): boolean {
    const { layout, record } = this;
    if (flagsOf(list.bytes, at, layout) !== this.flags) return false;
    const age = readUint32(record, layout.seenAt) - readUint32(list.bytes, at + layout.seenAt);
    return age < this.rules.unwrittenSeconds;
  }
}

/** Puts the records of a shard into the list of their address family, as far as it has room. */
export class ListAllOperation implements ShardOperation {
  /** @param records of one address family */
  constructor(
    private readonly records: Shard,
    private readonly maxRecords: number,
  ) {}

  apply(list: Shard): Shard {
    return dropOldest(merge(list, this.records.withHeader(list.header)), this.maxRecords);
  }
}
