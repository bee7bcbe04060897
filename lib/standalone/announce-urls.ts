import { BlockList, isIP } from 'node:net';
import type { networkInterfaces } from 'node:os';

export interface AnnounceUrl {
  readonly url: string;
  /** From where it can be reached. */
  readonly reach: string;
}

/**
 * The announce URLs to offer to somebody who just started a tracker.
 * @param host the address it listens on; `::` and `0.0.0.0` are all of them
 * @param interfaces as node:os tells
 * @param udpPort undefined if it does not answer over UDP
 */
export function announceUrls(
  host: string,
  port: number,
  interfaces: ReturnType<typeof networkInterfaces>,
  udpPort?: number,
): AnnounceUrl[] {
  return reachableHosts(host, interfaces).flatMap(({ host, reach }) => [
    { url: announceUrl('http', host, port), reach },
    ...(udpPort === undefined ? [] : [{ url: announceUrl('udp', host, udpPort), reach }]),
  ]);
}

interface ReachableHost {
  readonly host: string;
  readonly reach: string;
}

function reachableHosts(host: string, interfaces: ReturnType<typeof networkInterfaces>): ReachableHost[] {
  if (host !== '::' && host !== '0.0.0.0') {
    const reach = isLoopback(host) ? 'this machine' : 'wherever this address can be reached';
    return [{ host, reach }];
  }
  const outside = Object.entries(interfaces)
    .filter(([name]) => !WITHIN.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    // Link-local addresses: of IPv6 they need a zone, which no torrent can carry.
    .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/.test(address))
    .filter(({ family }) => family === 'IPv4' || host === '::');
  const firstOf = (family: 'IPv4' | 'IPv6'): ReachableHost[] =>
    outside
      .filter((address) => address.family === family)
      .slice(0, MAX_OF_FAMILY)
      .map(({ address }) => ({ host: address, reach: `other machines, ${family}` }));
  return [...firstOf('IPv4'), ...firstOf('IPv6'), { host: 'localhost', reach: 'this machine' }];
}

/**
 * Networks within this machine, of its containers and virtual machines: no other machine reaches
 * them.
 */
const WITHIN = /^(?:docker|br-|veth|virbr|vnet|lxcbr|lxdbr|cni|podman|flannel|cali)/;

/** More would hide what is above them on a terminal. */
const MAX_OF_FAMILY = 4;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}

function announceUrl(scheme: 'http' | 'udp', host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/announce`;
}
