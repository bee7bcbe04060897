import { isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** Addresses in text. */
export interface ListenAddresses {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

/**
 * The addresses that UDP sockets are bound to. A socket of all addresses sends from the one that
 * the system would choose for a new conversation, and where the machine has several that may not be
 * the one that was asked: the client, or the NAT before it, drops the answer. So with several
 * addresses each has a socket of its own, and the caller looks again now and then, as addresses
 * come and go. With one there is nothing to choose, and one socket for all stays right.
 * @param host an address; `::` is every address, `0.0.0.0` every one of IPv4
 * @param interfaces as node:os tells
 */
export function listenAddresses(
  host: string,
  interfaces: ReturnType<typeof networkInterfaces>,
): ListenAddresses {
  if (host !== '::' && host !== '0.0.0.0')
    return isIPv6(host) ? { v4: [], v6: [host] } : { v4: [host], v6: [] };
  const all = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    // Link-local IPv6 addresses need a zone, which no torrent can carry.
    .filter(({ address }) => !address.startsWith('fe80:'));
  const ofFamily = (family: 'IPv4' | 'IPv6'): NetworkInterfaceInfo[] =>
    all.filter((address) => address.family === family);
  return {
    v4: oneForAllOrEach('0.0.0.0', ofFamily('IPv4')),
    v6: host === '::' ? oneForAllOrEach('::', ofFamily('IPv6')) : [],
  };
}

function oneForAllOrEach(wildcard: string, addresses: readonly NetworkInterfaceInfo[]): string[] {
  if (addresses.length === 0) return [];
  const outside = addresses.filter(({ internal }) => !internal);
  if (outside.length <= 1) return [wildcard];
  return [...new Set(addresses.map(({ address }) => address))];
}
