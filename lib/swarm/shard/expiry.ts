import { readUint32 } from './bytes.js';
import { filter } from './filter.js';
import { withMisplacedFlag } from './merge.js';
import { flagsOf, setDate, STOPPED, toTicks, V4, V6, type RecordLayout } from './peer-record.js';
import type { Shard } from './shard.js';

/**
 * By how much the clocks of processes may differ, seconds. A date further ahead than this is of a
 * clock that was wrong.
 */
export const MAX_CLOCK_SKEW_SECONDS = 60;

/**
 * A shard without its expired records, tombstones among them.
 * @param expiryCutoff records last seen then or before are expired, seconds since the epoch
 */
export function dropExpired(shard: Shard, expiryCutoff: number): Shard {
  if (shard.oldestSeen <= expiryCutoff) refineBounds(shard);
  if (shard.oldestSeen > expiryCutoff) return shard;
  const kept = filter(shard, (bytes, at, layout) => readUint32(bytes, at + layout.seenAt) > expiryCutoff);
  return kept.header.misplaced ? withMisplacedFlag(kept) : kept;
}

/**
 * A shard with dates from the future brought back to now; the shard itself if it has none. Else a
 * peer that announced under a clock that was ahead would stay for as long as that was.
 *
 * Done to a merged state before it is written, never within a merge: that keeps the newer of two
 * wrong dates the newer one, and merges independent of the time.
 * @param now milliseconds since the epoch
 */
export function withoutFutureDates(shard: Shard, now: number): Shard {
  const latest = Math.floor(now / 1000) + MAX_CLOCK_SKEW_SECONDS;
  if (shard.newestSeen > latest) refineBounds(shard);
  const { header } = shard;
  if (shard.newestSeen <= latest && header.forwardingSince <= latest) return shard;
  const forwardingSince = header.forwardingSince > latest ? Math.floor(now / 1000) : header.forwardingSince;
  // A copy, whose bytes nobody else has seen.
  const dated = shard.withHeader({ ...header, forwardingSince });
  for (const layout of [V4, V6]) {
    const end = dated.end(layout);
    for (let at = dated.start(layout); at < end; at += layout.size) {
      if (readUint32(dated.bytes, at + layout.seenAt) <= latest) continue;
      setDate(dated.bytes.subarray(at, at + layout.size), layout, toTicks(now));
    }
  }
  return dated;
}

/** Whether a record stands for a peer that is there: not expired, and no tombstone. */
export function isLive(bytes: Uint8Array, at: number, layout: RecordLayout, expiryCutoff: number): boolean {
  return !isExpired(bytes, at, layout, expiryCutoff) && (flagsOf(bytes, at, layout) & STOPPED) === 0;
}

/** Whether a record, or a tombstone, is expired. */
export function isExpired(
  bytes: Uint8Array,
  at: number,
  layout: RecordLayout,
  expiryCutoff: number,
): boolean {
  return readUint32(bytes, at + layout.seenAt) <= expiryCutoff;
}

/** Sets a shard's bounds of `seen` to what its records have, both in one pass. */
function refineBounds(shard: Shard): void {
  const { bytes } = shard;
  let oldest = Infinity;
  let newest = 0;
  for (const layout of [V4, V6]) {
    const end = shard.end(layout);
    for (let at = shard.start(layout); at < end; at += layout.size) {
      const seen = readUint32(bytes, at + layout.seenAt);
      if (seen < oldest) oldest = seen;
      if (seen > newest) newest = seen;
    }
  }
  shard.oldestSeen = oldest;
  shard.newestSeen = newest;
}
