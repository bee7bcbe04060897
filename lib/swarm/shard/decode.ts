import type { Log } from '../../log.js';
import { ShardDamagedError } from './header.js';
import { mergeAll } from './merge.js';
import { Shard } from './shard.js';

/**
 * The one state that the stored values of a shard make; undefined if there are none. A damaged
 * value counts as nothing, with a log line, and the next write replaces it: what is lost comes
 * back when its peers announce again.
 * @throws ShardFormatError for a value that a newer version of the tracker wrote
 */
export function decodeValues(
  number: number,
  key: string,
  values: readonly Uint8Array[],
  log: Log,
): Shard | undefined {
  const versions: Shard[] = [];
  for (const value of values) {
    try {
      versions.push(Shard.decode(number, value));
    } catch (error) {
      if (!(error instanceof ShardDamagedError)) throw error;
      log.error('shard damaged', { key, bytes: value.length, cause: error });
    }
  }
  return mergeAll(versions);
}
