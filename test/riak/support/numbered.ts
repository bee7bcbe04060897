/** Numbered swarms and peers: a number always means the same bytes. */
import type { Announcement } from '../../../lib/swarm/operations/announce.js';

export function infohashOf(number: number): Buffer {
  const infohash = Buffer.alloc(20, 0xb7);
  infohash.writeUInt32BE(number);
  return infohash;
}

export function peerIdOf(number: number): Buffer {
  return Buffer.from(`-TE0001-${String(number).padStart(12, '0')}`);
}

export function hexPeerIdOf(number: number): string {
  return peerIdOf(number).toString('hex');
}

export function addressOf(number: number): Buffer {
  const address = Buffer.alloc(4);
  address.writeUInt32BE(0x0a000000 + number);
  return address;
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** What a numbered peer says each time: it is a leecher of a numbered swarm. */
export function announcementOf(peer: number, swarm = 0): Announcement {
  return {
    infohash: infohashOf(swarm),
    peerId: peerIdOf(peer),
    address: addressOf(peer),
    port: 6881,
    state: 'leecher',
    event: 'none',
  };
}
