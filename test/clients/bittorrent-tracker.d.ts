/** The part of bittorrent-tracker's client that the tests use; the package has no types. */
declare module 'bittorrent-tracker' {
  import type { EventEmitter } from 'node:events';

  export interface ClientOptions {
    readonly infoHash: Buffer;
    readonly peerId: Buffer;
    readonly announce: string;
    readonly port: number;
  }

  export interface AnnounceOptions {
    readonly uploaded?: number;
    readonly downloaded?: number;
    readonly left?: number;
    readonly numwant?: number;
  }

  export interface Update {
    readonly complete: number;
    readonly incomplete: number;
    readonly interval: number;
  }

  export interface Scrape {
    readonly complete: number;
    readonly incomplete: number;
    readonly downloaded: number;
  }

  interface ClientEvents {
    update: [Update];
    scrape: [Scrape];
    /** host:port */
    peer: [string];
    /** A failure, whether the tracker's or the network's. */
    warning: [Error];
    error: [Error];
  }

  export class Client extends EventEmitter<ClientEvents> {
    constructor(options: ClientOptions);
    start(options: AnnounceOptions): void;
    update(options: AnnounceOptions): void;
    complete(options: AnnounceOptions): void;
    stop(options: AnnounceOptions): void;
    /** Several infohashes in one request, or else the client's own. */
    scrape(options?: { readonly infoHash: readonly Buffer[] }): void;
    destroy(done?: () => void): void;
  }
}

/**
 * How that package's server reads a datagram. It takes the number of a connect for every connection
 * id.
 */
declare module 'bittorrent-tracker/lib/server/parse-udp.js' {
  interface ParsedAnnounce {
    readonly action: number;
    readonly transactionId: number;
    /** Hexadecimal; of a scrape all of them. */
    readonly info_hash: string | readonly string[];
    readonly peer_id: string;
    readonly left: number;
    readonly event: 'update' | 'completed' | 'started' | 'stopped' | 'paused';
    readonly ip: string;
    readonly numwant: number;
    readonly port: number;
  }

  export default function parseUdpRequest(
    datagram: Buffer,
    from: { readonly address: string; readonly port: number },
  ): ParsedAnnounce;
}
