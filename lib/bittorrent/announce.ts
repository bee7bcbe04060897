import type { PeerSample } from './peers.js';

/** Through which protocol a request came. */
export type Front = 'http' | 'udp';

/** What a client says has happened since its last announce; `paused` is a partial seed (BEP 21). */
export type AnnounceEvent = 'none' | 'started' | 'stopped' | 'completed' | 'paused';

/**
 * An announce (BEP 3, BEP 15), whatever protocol it came by: read and checked, no rule applied yet.
 */
export interface AnnounceRequest {
  readonly front: Front;
  /**
   * The client's address, 4 or 16 bytes, as whoever received the request has decided it.
   * Its family is the one that the client gets peers of first.
   */
  readonly from: Uint8Array;
  /**
   * The client's own part of the announce path, if there is one. Not the parameter `key` of BEP 3.
   */
  readonly passkey: string | undefined;
  /** 20 bytes. */
  readonly infohash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  /**
   * Where the client listens, 1 to 65535; 0: nowhere, so that it gets peers and is given to nobody.
   */
  readonly port: number;
  /**
   * Bytes sent to other peers since the client's `started`, as it says; undefined if it does not.
   * At most 2^53 - 1.
   */
  readonly uploaded: number | undefined;
  /** The same of bytes received. */
  readonly downloaded: number | undefined;
  /**
   * Bytes that are still missing: 0 is a seeder; undefined (not said) is a leecher. A number, as no
   * rule needs more than 2^53 - 1: what is larger (BEP 15 has 64 bits) counts as that.
   */
  readonly left: number | undefined;
  readonly event: AnnounceEvent;
  /** How many peers the client wants, 0 or more; undefined if it does not say. */
  readonly numwant: number | undefined;
  /** Whether the reply shows the ids of peers. */
  readonly withIds: boolean;
  /** The address that the client says it has (`ip`), 4 or 16 bytes. Anybody can say anything. */
  readonly claimedAddress: Uint8Array | undefined;
}

/** What an announce is answered with. Numbers are non-negative integers. */
export interface AnnounceReply {
  /** Seconds until the next regular announce. */
  readonly interval: number;
  /** Seconds before which the client must not announce again. */
  readonly minInterval: number;
  /** Seeders. */
  readonly complete: number;
  /** Leechers, partial seeds among them. */
  readonly incomplete: number;
  /** With ids if the request wants them. */
  readonly peers: PeerSample;
  /** The client's own address as the tracker sees it (BEP 24): 4 or 16 bytes. */
  readonly externalIp: Uint8Array;
}
