import type { AnnounceRequest } from '../../lib/bittorrent/announce.js';

/**
 * A numbered leecher's plain announce over UDP to swarm 1, 1, 1 and so on, but for what `changes`
 * says. A number, up to 255, always means the same peer id, address and port, and no two share one.
 */
export function leecherAnnounce(number: number, changes: Partial<AnnounceRequest> = {}): AnnounceRequest {
  return {
    front: 'udp',
    from: Buffer.from([192, 0, 2, number]),
    passkey: undefined,
    infohash: Buffer.alloc(20, 1),
    peerId: Buffer.alloc(20, number),
    port: 7000 + number,
    uploaded: undefined,
    downloaded: undefined,
    left: 1,
    event: 'none',
    numwant: undefined,
    withIds: false,
    claimedAddress: undefined,
    ...changes,
  };
}
