/** Request targets and requests of BitTorrent clients. */
import { everyByte, type Escape } from './escapes.js';

/** The parameters of an announce that say who announces what. */
export interface AnnouncingPeer {
  /** 20 bytes. */
  readonly infohash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  readonly port: number;
  /** Bytes still missing: 0 is a seeder. */
  readonly left: number;
}

/** @param more further parameters, with the `&` before each */
export function announceTarget(peer: AnnouncingPeer, more = '', escape: Escape = everyByte): string {
  const { infohash, peerId, port, left } = peer;
  return `/announce?info_hash=${escape(infohash)}&peer_id=${escape(peerId)}&port=${port}&uploaded=0&downloaded=0&left=${left}&compact=1${more}`;
}

export function scrapeTarget(infohashes: readonly Uint8Array[], escape: Escape = everyByte): string {
  return `/scrape?${infohashes.map((infohash) => `info_hash=${escape(infohash)}`).join('&')}`;
}

/** @param headers further header lines, each with its line end */
export function getRequest(target: string, headers = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: tracker.test\r\n${headers}\r\n`;
}
