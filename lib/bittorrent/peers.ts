/** Bytes of an infohash (SHA-1; of a v2 torrent the truncated SHA-256, BEP 52). */
export const INFOHASH_LENGTH = 20;
/** Bytes of one IPv4 peer in compact form: address 4, port 2, big endian (BEP 23). */
export const COMPACT_V4_LENGTH = 6;
/** Bytes of one IPv6 peer in compact form: address 16, port 2, big endian (BEP 7). */
export const COMPACT_V6_LENGTH = 18;
/** Bytes of a peer id. */
export const PEER_ID_LENGTH = 20;

/** The peers of a reply, n of each family, in compact form: no object a peer. */
export interface PeerSample {
  /** n times {@link COMPACT_V4_LENGTH} bytes. */
  readonly v4: Uint8Array;
  /** n times {@link COMPACT_V6_LENGTH} bytes. */
  readonly v6: Uint8Array;
  /** The ids of the peers in `v4`, in the same order. Only the dictionary form shows them; it leaves out what is not here. */
  readonly ids4?: Uint8Array;
  /** The ids of the peers in `v6`, in the same order. */
  readonly ids6?: Uint8Array;
}
