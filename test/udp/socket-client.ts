import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

import {
  announceRequest,
  connectRequest,
  readAnnounceReply,
  readConnectReply,
  readScrapeReply,
  scrapeRequest,
  type Announce,
  type AnnounceReply,
  type Counts,
} from './client.js';

export interface Answer {
  readonly bytes: Buffer;
  readonly from: RemoteInfo;
}

/** A datagram may be lost on a busy machine: it is sent again after so many milliseconds. */
const RESEND_MS = 500;

/** A client of BEP 15 with a socket of its own. */
export class UdpClient {
  private readonly waiting = new Map<number, (answer: Answer) => void>();

  private constructor(
    readonly socket: Socket,
    private readonly port: number,
    private readonly host: string,
  ) {
    socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      this.waiting.get(bytes.readUInt32BE(4))?.({ bytes, from });
    });
    // Nobody listens on the port: what is asked gets no answer.
    socket.on('error', () => undefined);
  }

  /** @param own the address to send from; any if not given */
  static async open(port: number, host = '127.0.0.1', own?: string): Promise<UdpClient> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const listening = once(socket, 'listening');
    if (own === undefined) socket.bind();
    else socket.bind({ address: own, port: 0 });
    await listening;
    return new UdpClient(socket, port, host);
  }

  send(datagram: Buffer): void {
    this.socket.send(datagram, this.port, this.host);
  }

  /**
   * What a request is answered with; undefined if it is not within `patienceMs` milliseconds, in
   * which it is sent again.
   */
  async request(datagram: Buffer, patienceMs = 10_000): Promise<Answer | undefined> {
    const transaction = datagram.readUInt32BE(12);
    let again: NodeJS.Timeout | undefined;
    let end: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer | undefined>((resolve) => {
        this.waiting.set(transaction, resolve);
        again = setInterval(() => {
          this.send(datagram);
        }, RESEND_MS);
        end = setTimeout(() => {
          resolve(undefined);
        }, patienceMs);
        this.send(datagram);
      });
    } finally {
      clearInterval(again);
      clearTimeout(end);
      this.waiting.delete(transaction);
    }
  }

  /** @throws Error for silence */
  async ask(datagram: Buffer): Promise<Answer> {
    const answer = await this.request(datagram);
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }

  async connect(): Promise<Buffer> {
    return readConnectReply((await this.ask(connectRequest())).bytes);
  }

  async announce(announce: Announce = {}): Promise<AnnounceReply> {
    return readAnnounceReply((await this.ask(announceRequest(await this.connect(), announce))).bytes);
  }

  async scrape(infohashes: readonly Uint8Array[]): Promise<Counts[]> {
    return readScrapeReply((await this.ask(scrapeRequest(await this.connect(), infohashes))).bytes);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.close(resolve);
    });
  }
}
