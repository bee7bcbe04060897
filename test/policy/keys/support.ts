import type { AnnounceRequest } from '../../../lib/bittorrent/announce.js';
import { leecherAnnounce } from '../../support/leecher-announce.js';

/** An announce of a leecher with the key `key`, but for what `changes` says. */
export function announceRequest(changes: Partial<AnnounceRequest> = {}): AnnounceRequest {
  return leecherAnnounce(1, { front: 'http', passkey: 'key', uploaded: 0, downloaded: 0, ...changes });
}
