import { ClientError } from '../bittorrent/errors.js';
import { INFOHASH_LENGTH } from '../bittorrent/peers.js';
import { MAX_SCRAPED, REQUEST_HEAD } from './protocol.js';

/**
 * The infohashes of a scrape (BEP 15), slices of the datagram: the first ones, up to 74 and
 * `limit`. What follows the last whole one is not looked at.
 * @param datagram with a connection id that was found right
 * @throws ClientError if there is none
 */
export function parseScrape(datagram: Buffer, limit: number): Buffer[] {
  const many = Math.floor((datagram.length - REQUEST_HEAD) / INFOHASH_LENGTH);
  if (many < 1) throw new ClientError('missing info_hash', 'never');
  return Array.from({ length: Math.min(many, MAX_SCRAPED, limit) }, (_, i) => {
    const at = REQUEST_HEAD + INFOHASH_LENGTH * i;
    return datagram.subarray(at, at + INFOHASH_LENGTH);
  });
}
