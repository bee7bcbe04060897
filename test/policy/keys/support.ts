import type { AnnounceRequest } from '../../../lib/bittorrent/announce.js';

/** An announce of a leecher with the key `key`, but for what `changes` says. */
export function announceRequest(changes: Partial<AnnounceRequest> = {}): AnnounceRequest {
  return {
    front: 'http',
    from: Uint8Array.of(192, 0, 2, 1),
    passkey: 'key',
    infohash: Buffer.alloc(20, 1),
    peerId: Buffer.from('-TT0001-abcdefghijkl'),
    port: 6881,
    uploaded: 0,
    downloaded: 0,
    left: 1,
    event: 'none',
    numwant: undefined,
    withIds: false,
    claimedAddress: undefined,
    ...changes,
  };
}
