import { isIP } from 'node:net';

import { parseAddress } from '../bittorrent/address.js';
import { Scope, scopeOf } from '../bittorrent/address-scope.js';

/** Tells whether an address is that of a proxy whose word is believed. */
export type TrustedProxies = (address: string) => boolean;

/** @param networks as `address/bits`, checked before */
export function trustedProxies(networks: readonly string[]): TrustedProxies {
  const trusted = networks.map(networkOf);
  return (address) => {
    const bytes = parseAddress(address);
    return bytes !== undefined && trusted.some((network) => includes(network, bytes));
  };
}

interface Network {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** @throws RangeError for what is no network */
function networkOf(text: string): Network {
  const [address = '', bits] = text.split('/');
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new RangeError(`${text} is no network`);
  // A network of IPv4-mapped addresses is one of IPv4 addresses, as each of them is an IPv4
  // address.
  const isMapped = bytes.length === 4 && address.includes(':');
  return { bytes, bits: isMapped ? Math.max(Number(bits) - MAPPED_BITS, 0) : Number(bits) };
}

/**
 * For every announce through a proxy, twice: Node's BlockList makes objects for each address that
 * cost as much as all the rest of this.
 */
function includes({ bytes, bits }: Network, address: Uint8Array): boolean {
  if (address.length !== bytes.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== bytes[i]) return false;
  const rest = bits & 7;
  return rest === 0 || ((address[whole] ?? 0) ^ (bytes[whole] ?? 0)) >> (8 - rest) === 0;
}

const MAPPED_BITS = 96;

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
 * Every proxy appends the address it was reached from, so only the end of the list was written by
 * somebody who is trusted. Read from the right, starting at the socket, the first address that is
 * no trusted proxy is the peer. Everything left of it came from the peer and is not looked at.
 *
 * If every entry is a trusted proxy, the left-most one is the client. An entry that is no address
 * (`unknown`, or nonsense) ends the walk at the last address that is known: the proxy that wrote
 * the entry. So does an address that says nothing here, as it is of use on the proxy's own machine
 * at most (loopback, link-local) or nowhere (multicast, 0.0.0.0).
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
    const isUsable = isUsableElsewhere(address);
    if (!isTrusted(address)) return isUsable ? address : client;
    if (isUsable) client = address;
  }
  return client;
}

function isUsableElsewhere(address: string): boolean {
  const bytes = parseAddress(address);
  return bytes !== undefined && scopeOf(bytes) > Scope.machine;
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
