import { BlockList, isIP } from 'node:net';

/** Tells whether an address is that of a proxy whose word is believed. */
export type TrustedProxies = (address: string) => boolean;

/** @param networks as `address/bits`, checked before */
export function trustedProxies(networks: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  // A BlockList compares an IPv4-mapped IPv6 address with its IPv4 networks too.
  return (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Which address is the peer's.
 *
 *     peer ----------> proxy A ---------> proxy B ---------> this process
 *     203.0.113.9      10.0.0.1           10.0.0.2
 *
 *     X-Forwarded-For: 198.51.100.7, 203.0.113.9, 10.0.0.1       socket: 10.0.0.2
 *                      `- the peer's  `- written   `- written             `- cannot be
 *                         own claim      by A         by B                   forged
 *                                     <------------------------------------ read this way
 *
 * Every proxy appends the address it was reached from, so only the end of the list was written by somebody who is trusted.
 * Read from the right, starting at the socket, the first address that is no trusted proxy is the peer. Everything left of
 * it came from the peer and is not looked at.
 *
 * If every entry is a trusted proxy, the left-most one is the client. An entry that is no address (`unknown`, or nonsense)
 * ends the walk at the last address that is known: the proxy that wrote the entry.
 *
 * @param socketAddress the other end of the connection
 * @param forwardedFor the header X-Forwarded-For, all lines of it joined with commas
 * @returns an address without port and brackets
 */
export function clientAddress(
  socketAddress: string,
  forwardedFor: string | undefined,
  isTrusted: TrustedProxies,
): string {
  let client = withoutZone(socketAddress);
  if (forwardedFor === undefined || !isTrusted(client)) return client;
  for (const entry of forwardedFor.split(',').reverse()) {
    const address = addressOf(entry.trim());
    if (address === undefined) return client;
    client = address;
    if (!isTrusted(client)) return client;
  }
  return client;
}

/** Some proxies append a port: `192.0.2.1:5000`, `[2001:db8::1]:5000`. */
function addressOf(entry: string): string | undefined {
  const host = /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
  const address = withoutZone(host);
  return isIP(address) === 0 ? undefined : address;
}

/** `fe80::1%eth0` names an interface of this machine, which means nothing to anybody else. */
function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
