import { formatAddress } from '../bittorrent/address.js';
import { COMPACT_V4_LENGTH, COMPACT_V6_LENGTH } from '../bittorrent/peers.js';
import { malformed } from './tracker-error.js';

/**
 * Peers in compact form (BEP 7, 15, 23) as `address:port`.
 * @throws TrackerError if the length is that of no number of peers
 */
export function readCompactPeers(bytes: Uint8Array, family: 4 | 6): string[] {
  const width = family === 4 ? COMPACT_V4_LENGTH : COMPACT_V6_LENGTH;
  if (bytes.length % width !== 0) throw malformed(`compact peers of ${bytes.length} bytes`);
  return Array.from({ length: bytes.length / width }, (_, i) => {
    const at = i * width;
    const portAt = at + width - 2;
    const port = ((bytes[portAt] ?? 0) << 8) | (bytes[portAt + 1] ?? 0);
    return endpoint(formatAddress(bytes.subarray(at, portAt)), port);
  });
}

/** `address:port`, IPv6 in brackets. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
