import { ClientError } from '../bittorrent/errors.js';
import { INFOHASH_LENGTH } from '../bittorrent/peers.js';
import { MALFORMED, type QueryCursor } from './query.js';

/**
 * The `info_hash` under the cursor as a new buffer of 20 bytes.
 * @throws ClientError if the value is malformed or not 20 bytes long
 */
export function readInfohash(cursor: QueryCursor): Buffer {
  const infohash = Buffer.allocUnsafe(INFOHASH_LENGTH);
  const length = cursor.decodeValue(infohash);
  if (length === INFOHASH_LENGTH) return infohash;
  throw new ClientError(length === MALFORMED ? 'malformed info_hash' : 'info_hash is not 20 bytes', 'never');
}

/** The failure of an announce or a scrape that names no torrent. */
export function missingInfohash(): ClientError {
  return new ClientError('missing info_hash', 'never');
}
