import { parseAddress } from '../bittorrent/address.js';
import { Scope, scopeOf } from '../bittorrent/address-scope.js';
import { COMPACT_V4_LENGTH, COMPACT_V6_LENGTH, type PeerSample } from '../bittorrent/peers.js';

/**
 * The tracker's address for other networks (PUBLIC_ADDRESS). A client on the tracker's own machine
 * or network comes with an address that is of no use outside: it is stored with that, and its peers
 * out there are given the public one in its place, with its port, which the router has to forward.
 * Clients that can reach it get the address as it is.
 */
export class PublicAddress {
  private readonly v4: Uint8Array | undefined;
  private readonly v6: Uint8Array | undefined;

  /**
   * @param addresses at most one of each family; of one that is missing, addresses are given as
   * they are
   */
  constructor(addresses: readonly string[]) {
    const parsed = addresses.map(parseAddress);
    this.v4 = parsed.find((address) => address?.length === 4);
    this.v6 = parsed.find((address) => address?.length === 16);
  }

  get hasV4(): boolean {
    return this.v4 !== undefined;
  }

  get hasV6(): boolean {
    return this.v6 !== undefined;
  }

  /** The peers as a client can reach them. @param client its address */
  reachableFrom(client: Uint8Array, peers: PeerSample): PeerSample {
    const scope = scopeOf(client);
    const v4 = replaced(peers.v4, COMPACT_V4_LENGTH, this.v4, scope);
    const v6 = replaced(peers.v6, COMPACT_V6_LENGTH, this.v6, scope);
    return v4 === peers.v4 && v6 === peers.v6 ? peers : { ...peers, v4, v6 };
  }

  /** An address as the world sees it. */
  seenFromOutside(address: Uint8Array): Uint8Array {
    const own = address.length === 4 ? this.v4 : this.v6;
    return own === undefined || scopeOf(address) === Scope.world ? address : own;
  }
}

/**
 * Compact peers with `own` in the place of each address of a smaller scope: the same bytes if there
 * is none.
 */
function replaced(peers: Uint8Array, width: number, own: Uint8Array | undefined, scope: Scope): Uint8Array {
  if (own === undefined || scope <= Scope.machine) return peers;
  let result = peers;
  for (let at = 0; at < peers.length; at += width) {
    if (scopeOf(peers.subarray(at, at + width - 2)) >= scope) continue;
    if (result === peers) result = Uint8Array.from(peers);
    result.set(own, at);
  }
  return result;
}
