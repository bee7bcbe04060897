/**
 * Numbered swarms and peers: a number always means the same bytes, and the higher of two peers has
 * the higher id.
 */
import { createHash } from 'node:crypto';

/** As evenly spread as real ones. */
export function infohashOf(swarm: number): Buffer {
  return createHash('sha1').update(`swarm ${swarm}`).digest();
}

/** 20 characters. */
export function peerIdOf(peer: number): string {
  return `-TR4050-${String(peer).padStart(12, '0')}`;
}

/** An address of its own for each of 16 million peers, in 10.0.0.0/8. */
export function addressOf(peer: number): string {
  return `10.${(peer >>> 16) & 255}.${(peer >>> 8) & 255}.${peer & 255}`;
}

export const PORT = 6881;

/** Every third peer is a seeder. */
export function isSeeder(peer: number): boolean {
  return peer % 3 === 0;
}

/** As clients write it: bytes that need no escape are themselves. */
export function escapeInfohash(infohash: Uint8Array): string {
  return [...infohash]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
    })
    .join('');
}

/**
 * The request target of a peer's announce. @param escaped the infohash, as `escapeInfohash` gives
 * it
 */
export function announceTarget(escaped: string, peer: number, more = ''): string {
  const left = isSeeder(peer) ? 0 : 123_456_789;
  return `/announce?info_hash=${escaped}&peer_id=${peerIdOf(peer)}&port=${PORT}&uploaded=0&downloaded=0&left=${left}&compact=1${more}`;
}
