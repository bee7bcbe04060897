/**
 * The ring of the double: which partition a key is in, for answers that come one partition after
 * the other.
 */

const PARTITIONS = 8;

/**
 * Splits entries by the partition of their key, without the empty partitions. Within one the order
 * stays.
 */
export function byPartition<T>(entries: Iterable<T>, key: (entry: T) => Buffer): T[][] {
  const parts = Array.from({ length: PARTITIONS }, (): T[] => []);
  for (const entry of entries) parts[partition(key(entry))]?.push(entry);
  return parts.filter((part) => part.length > 0);
}

function partition(key: Buffer): number {
  let hash = 0;
  for (const byte of key) hash = (Math.imul(hash, 31) + byte) | 0;
  return (hash >>> 0) % PARTITIONS;
}
