/** Who can reach an address, from fewest to most. A wider one has a greater number. */
export const Scope = {
  /** Nobody: no address of one machine (unspecified, multicast, broadcast, reserved). */
  none: 0,
  /**
   * Programs on the same machine, or machines on the same link: loopback, and link-local, whose
   * zone nobody else knows.
   */
  machine: 1,
  /**
   * Machines of the same network: private (RFC 1918), of a carrier's NAT (RFC 6598), unique local
   * (RFC 4193), site-local.
   */
  network: 2,
  /** Everybody. */
  world: 3,
} as const;

export type Scope = (typeof Scope)[keyof typeof Scope];

/** @param address 4 or 16 bytes; an IPv4-mapped IPv6 address counts as the IPv4 one */
export function scopeOf(address: Uint8Array): Scope {
  return address.length === 4 ? scopeOfV4(address, 0) : scopeOfV6(address, 0);
}

/** @param at where 16 bytes of an address begin */
export function scopeOfV6(bytes: Uint8Array, at: number): Scope {
  let zeros = 0;
  while (zeros < 16 && bytes[at + zeros] === 0) zeros++;
  if (zeros === 10 && bytes[at + 10] === 0xff && bytes[at + 11] === 0xff) return scopeOfV4(bytes, at + 12);
  // Under ::/96 are ::, ::1 and a form of IPv4 addresses that is not in use any more (RFC 4291,
  // 2.5.5.1).
  if (zeros === 15 && bytes[at + 15] === 1) return Scope.machine;
  if (zeros >= 12) return Scope.none;
  const first = bytes[at] ?? 0;
  if (first === 0xff) return Scope.none;
  if ((first & 0xfe) === 0xfc) return Scope.network;
  if (first !== 0xfe) return Scope.world;
  const second = (bytes[at + 1] ?? 0) & 0xc0;
  return second === 0x80 ? Scope.machine : second === 0xc0 ? Scope.network : Scope.world;
}

/** @param at where 4 bytes of an address begin */
export function scopeOfV4(address: Uint8Array, at: number): Scope {
  const first = address[at] ?? 0;
  const second = address[at + 1] ?? 0;
  if (first >= 224) return Scope.none;
  switch (first) {
    case 0:
      return Scope.none;
    case 10:
      return Scope.network;
    case 100:
      return (second & 0xc0) === 64 ? Scope.network : Scope.world;
    case 127:
      return Scope.machine;
    case 169:
      return second === 254 ? Scope.machine : Scope.world;
    case 172:
      return (second & 0xf0) === 16 ? Scope.network : Scope.world;
    case 192:
      return second === 168 ? Scope.network : Scope.world;
    default:
      return Scope.world;
  }
}

/** @param address 4 or 16 bytes. @returns whether it is 127.0.0.1 or ::1 */
export function isLocalhost(address: Uint8Array): boolean {
  const last = address.length - 1;
  if (address[last] !== 1) return false;
  const first = last === 3 ? 127 : 0;
  return address[0] === first && address.subarray(1, last).every((byte) => byte === 0);
}
