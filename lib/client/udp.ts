/** A conversation with a tracker over UDP (BEP 15). */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';

import { reasonOf } from '../error-message.js';
import type { AskOptions } from './exchange.js';
import { TrackerError } from './tracker-error.js';
import { answers, encodeConnect, readConnectReply } from './udp-codec.js';

/** Milliseconds, of BEP 15 where a caller gives no others. */
export interface UdpTiming {
  /** After so long without a reply a request is sent again, and after twice that again. */
  readonly retransmitMs: number;
  /** How long a client may use a connection id. */
  readonly idLifetimeMs: number;
}

const BEP_15: UdpTiming = { retransmitMs: 15_000, idLifetimeMs: 60_000 };
/** The interval is doubled so often at most. */
const MAX_DOUBLINGS = 8;

/** One socket to one address of a tracker. To be closed. */
export class UdpConversation {
  private id: { readonly bytes: Buffer; readonly untilMs: number } | undefined;
  /** How often it was sent without a reply since the last one. */
  private unanswered = 0;
  /** What ended the socket's work, an unreachable port for example. */
  private broken: Error | undefined;
  private receive: (() => void) | undefined;
  private readonly received: Buffer[] = [];

  private constructor(
    private readonly socket: Socket,
    /** Of the tracker's address. */
    readonly family: 4 | 6,
    private readonly deadlineMs: number,
    private readonly timeoutMs: number,
    private readonly timing: UdpTiming,
  ) {
    socket.on('message', (datagram) => {
      this.received.push(datagram);
      this.receive?.();
    });
    socket.on('error', (error) => {
      this.broken = error;
      this.receive?.();
    });
  }

  /**
   * Talks to the first address of the tracker that answers; the next one has its turn if the
   * network says at once that nobody is there.
   * @throws TrackerError if no address answers in time, or the tracker refuses
   */
  static async with<T>(
    url: URL,
    { timeoutMs, family }: AskOptions,
    talk: (conversation: UdpConversation) => Promise<T>,
    timing: UdpTiming = BEP_15,
  ): Promise<T> {
    const port = Number(url.port);
    if (port === 0) throw new TrackerError('address', 'a udp:// URL needs a port');
    const deadlineMs = performance.now() + timeoutMs;
    const addresses = await addressesOf(url.hostname.replace(/^\[|\]$/g, ''), family);
    let problem: unknown;
    for (const address of addresses) {
      const socket = createSocket(address.family === 4 ? 'udp4' : 'udp6');
      try {
        socket.connect(port, address.address);
        await once(socket, 'connect');
        return await talk(new UdpConversation(socket, address.family, deadlineMs, timeoutMs, timing));
      } catch (error) {
        if (error instanceof TrackerError) throw error;
        problem = error;
      } finally {
        socket.close();
      }
    }
    throw new TrackerError('unreachable', reasonOf(problem), { cause: problem });
  }

  /**
   * Sends a request until its reply comes, with a connection id that the tracker takes.
   * @param encode the request, by connection id and transaction
   * @throws TrackerError if the tracker refuses the connection or nothing comes in time, Error of
   *   node:dgram if nobody is there
   */
  async ask(encode: (connectionId: Buffer, transaction: number) => Buffer): Promise<Buffer> {
    for (;;) {
      const { bytes } = this.validId() ?? (await this.connect());
      const reply = await this.sendOnce((transaction) => encode(bytes, transaction));
      if (reply !== undefined) return reply;
    }
  }

  private validId(): { readonly bytes: Buffer } | undefined {
    return this.id !== undefined && performance.now() < this.id.untilMs ? this.id : undefined;
  }

  private async connect(): Promise<{ readonly bytes: Buffer }> {
    for (;;) {
      const reply = await this.sendOnce(encodeConnect);
      if (reply === undefined) continue;
      this.id = { bytes: readConnectReply(reply), untilMs: performance.now() + this.timing.idLifetimeMs };
      return this.id;
    }
  }

  /** Undefined if it is time to send again. */
  private async sendOnce(encode: (transaction: number) => Buffer): Promise<Buffer | undefined> {
    const transaction = randomBytes(4).readUInt32BE();
    const patienceMs = this.timing.retransmitMs * 2 ** Math.min(this.unanswered, MAX_DOUBLINGS);
    const untilMs = Math.min(performance.now() + patienceMs, this.deadlineMs);
    this.socket.send(encode(transaction));
    const reply = await this.replyTo(transaction, untilMs);
    if (reply !== undefined) {
      this.unanswered = 0;
      return reply;
    }
    if (performance.now() >= this.deadlineMs) {
      throw new TrackerError('unreachable', `no reply within ${this.timeoutMs / 1000} s`);
    }
    this.unanswered += 1;
    return undefined;
  }

  /** The socket takes datagrams of the tracker's address only; others are skipped by transaction. */
  private async replyTo(transaction: number, untilMs: number): Promise<Buffer | undefined> {
    for (;;) {
      const datagram = this.received.shift();
      if (datagram !== undefined) {
        if (answers(datagram, transaction)) return datagram;
        continue;
      }
      if (this.broken !== undefined) throw this.broken;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return undefined;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.receive = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

async function addressesOf(
  host: string,
  family: 0 | 4 | 6,
): Promise<{ readonly address: string; readonly family: 4 | 6 }[]> {
  try {
    const found = await lookup(host, { all: true, family });
    return found.map((one) => ({ address: one.address, family: one.family === 4 ? 4 : 6 }));
  } catch (cause) {
    throw new TrackerError('unreachable', reasonOf(cause), { cause });
  }
}
