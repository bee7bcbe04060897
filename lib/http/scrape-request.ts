import { missingInfohash, readInfohash } from './infohash.js';
import { QueryCursor } from './query.js';

/**
 * Reads the query of a scrape (BEP 48): the first `maxHashes` distinct infohashes. What comes after those is not read, so the work is bounded by the cap, and a client that asks for more gets an
 * answer about the first ones rather than none.
 * @param query what follows the `?`, still escaped
 * @param maxHashes at least 1
 * @throws ClientError if there is no `info_hash`, or one is malformed or not 20 bytes
 */
export function parseScrape(query: string, maxHashes: number): Buffer[] {
  const cursor = new QueryCursor(query);
  const distinct = new Map<string, Buffer>();
  while (distinct.size < maxHashes && cursor.next()) {
    if (!cursor.nameIs('info_hash')) continue;
    const infohash = readInfohash(cursor);
    distinct.set(infohash.toString('hex'), infohash);
  }
  if (distinct.size === 0) throw missingInfohash();
  return [...distinct.values()];
}
