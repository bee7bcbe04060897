import { ClientError } from '../bittorrent/errors.js';
import { requestRates, type AddressRates } from '../policy/floods/address-rates.js';
import type { TrackerComponents } from '../tracker/components.js';
import { failureOf } from '../tracker/failures.js';
import { noMetrics, type Metrics } from '../tracker/metrics.js';
import type { Tracker } from '../tracker/tracker.js';
import { parseAnnounce } from './announce-request.js';
import type { ConnectionIds } from './connection-ids.js';
import { ACTION, ACTION_AT, CONNECT_MAGIC, REQUEST_HEAD } from './protocol.js';
import {
  CONNECTION_ID_AT,
  encodeAnnounceReply,
  encodeError,
  encodeScrapeReply,
  startConnectReply,
} from './replies.js';
import { parseScrape } from './scrape-request.js';

/**
 * What came in since the start, and what became of it. Announces and scrapes are counted by the
 * tracker's metrics.
 */
export interface UdpCounts {
  /** Datagrams. */
  received: number;
  connects: number;
  /** Requests whose connection id was made up, is of another address, or too old. */
  wrongIds: number;
  /** Datagrams that are no request of BEP 15. */
  malformed: number;
  /** Requests of addresses that were faster than ADDRESS_RATE. */
  tooFast: number;
  /** Requests that came while UDP_MAX_OPEN others were open. */
  tooMany: number;
}

/** What a UDP front is made of. */
export interface UdpFrontParts extends Pick<
  TrackerComponents,
  'config' | 'clock' | 'random' | 'log' | 'metrics'
> {
  readonly tracker: Pick<Tracker, 'announce' | 'scrape'>;
  readonly ids: ConnectionIds;
  /** Shared with other fronts; without it this front has its own. */
  readonly rates?: AddressRates;
}

/** The bytes that are sent back; undefined is silence. */
export type UdpReply = Buffer | undefined;

/**
 * A tracker asked over UDP (BEP 15, 41), whoever receives the datagrams. Whatever happens to a
 * request is decided by the tracker.
 *
 * Nothing is remembered of a client. Before it has shown, by a right connection id, that it
 * receives what is sent to its address, it gets at most as many bytes as it sent: 16 for a connect,
 * none for anything else. Silence is also the answer to what is over a limit: a client asks again,
 * after 15 seconds and more.
 */
export class UdpFront {
  readonly counts: UdpCounts = {
    received: 0,
    connects: 0,
    wrongIds: 0,
    malformed: 0,
    tooFast: 0,
    tooMany: 0,
  };
  private readonly metrics: Metrics;
  private readonly rates: AddressRates;
  private open = 0;

  constructor(private readonly parts: UdpFrontParts) {
    this.metrics = parts.metrics ?? noMetrics;
    this.rates = parts.rates ?? requestRates(parts.config, parts.clock, parts.random);
  }

  /** Requests that are not answered yet. */
  get openRequests(): number {
    return this.open;
  }

  /**
   * Answers one datagram. Never throws or rejects.
   * @param datagram not changed by anybody until it is answered
   * @param from the client's address, 4 or 16 bytes
   * @returns at once for whatever the tracker need not be asked for
   */
  handle(datagram: Buffer, from: Uint8Array): UdpReply | Promise<UdpReply> {
    const { counts } = this;
    counts.received++;
    if (datagram.length < REQUEST_HEAD) return this.malformed();
    const now = this.parts.clock.now();
    const action = datagram.readUInt32BE(ACTION_AT);
    if (action === ACTION.connect) return this.connect(datagram, from, now);
    if (action !== ACTION.announce && action !== ACTION.scrape) return this.malformed();
    // An answer would go to whomever the sender says that it is.
    if (!this.parts.ids.isRight(from, now, datagram, 0)) {
      counts.wrongIds++;
      return undefined;
    }
    if (this.rates.take(from) !== undefined) {
      counts.tooFast++;
      return undefined;
    }
    if (this.open >= this.parts.config.udpMaxOpen) {
      counts.tooMany++;
      return undefined;
    }
    return action === ACTION.announce ? this.announce(datagram, from) : this.scrape(datagram, from);
  }

  private connect(datagram: Buffer, from: Uint8Array, now: number): UdpReply {
    if (datagram.readUInt32BE(0) !== CONNECT_MAGIC.high || datagram.readUInt32BE(4) !== CONNECT_MAGIC.low) {
      return this.malformed();
    }
    this.counts.connects++;
    const reply = startConnectReply(datagram);
    this.parts.ids.write(from, now, reply, CONNECTION_ID_AT);
    return reply;
  }

  private announce(datagram: Buffer, from: Uint8Array): UdpReply | Promise<UdpReply> {
    try {
      const request = parseAnnounce(datagram, from);
      return this.answered(datagram, this.parts.tracker.announce(request), (reply) =>
        encodeAnnounceReply(datagram, from, reply),
      );
    } catch (error) {
      return this.unread(datagram, error);
    }
  }

  private scrape(datagram: Buffer, from: Uint8Array): UdpReply | Promise<UdpReply> {
    try {
      const infohashes = parseScrape(datagram, this.parts.config.scrapeMaxHashes);
      const asked = this.parts.tracker.scrape({ front: 'udp', from, passkey: undefined, infohashes });
      return this.answered(datagram, asked, (reply) => encodeScrapeReply(datagram, infohashes, reply));
    } catch (error) {
      return this.unread(datagram, error);
    }
  }

  private answered<T>(datagram: Buffer, asked: Promise<T>, encode: (reply: T) => Buffer): Promise<UdpReply> {
    this.open++;
    const failed = (error: unknown): UdpReply => {
      this.open--;
      return this.failure(datagram, error);
    };
    return asked.then((reply) => {
      try {
        const bytes = encode(reply);
        this.open--;
        return bytes;
      } catch (error) {
        return failed(error);
      }
    }, failed);
  }

  private unread(datagram: Buffer, error: unknown): UdpReply {
    if (error instanceof ClientError) {
      this.counts.malformed++;
      this.metrics.refused('udp', 'malformed');
    }
    return this.failure(datagram, error);
  }

  private failure(datagram: Buffer, error: unknown): Buffer {
    const { config, log } = this.parts;
    return encodeError(datagram, failureOf(error, config.retryInMinutes, log).reason);
  }

  private malformed(): UdpReply {
    this.counts.malformed++;
    return undefined;
  }
}
