import { randomBytes } from 'node:crypto';

import type { TrackerComponents } from '../../lib/tracker/components.js';
import { Tracker } from '../../lib/tracker/tracker.js';
import { ConnectionIds } from '../../lib/udp/connection-ids.js';
import { UdpFront, type UdpReply } from '../../lib/udp/front.js';
import { Harness } from '../support/harness.js';
import type { MemoryStoreOptions } from '../support/memory-store.js';
import {
  announceRequest,
  connectRequest,
  readAnnounceReply,
  readConnectReply,
  scrapeRequest,
  type Announce,
  type AnnounceReply,
} from './client.js';

/** A UDP front on a tracker; no sockets. */
export class UdpHarness extends Harness {
  readonly tracker: Tracker;
  readonly front: UdpFront;

  constructor(
    settings?: Readonly<Record<string, string>>,
    options?: Partial<MemoryStoreOptions>,
    more?: Pick<TrackerComponents, 'policy' | 'metrics'>,
    secret: Uint8Array = randomBytes(16),
  ) {
    super(settings, options, more);
    this.tracker = new Tracker(this.components);
    this.front = new UdpFront({
      ...this.components,
      tracker: this.tracker,
      ids: new ConnectionIds(secret),
    });
  }

  async send(datagram: Buffer, from: Uint8Array = v4(1)): Promise<UdpReply> {
    return this.front.handle(datagram, from);
  }

  /** What is answered. @throws Error for silence */
  async ask(datagram: Buffer, from: Uint8Array = v4(1)): Promise<Buffer> {
    const reply = await this.send(datagram, from);
    if (reply === undefined) throw new Error('no answer');
    return reply;
  }

  async connect(from: Uint8Array = v4(1)): Promise<Buffer> {
    return readConnectReply(await this.ask(connectRequest(), from));
  }

  async announce(announce: Announce = {}, from: Uint8Array = v4(1)): Promise<AnnounceReply> {
    return readAnnounceReply(await this.ask(announceRequest(await this.connect(from), announce), from));
  }

  async scrape(infohashes: readonly Uint8Array[], from: Uint8Array = v4(1)): Promise<Buffer> {
    return this.ask(scrapeRequest(await this.connect(from), infohashes), from);
  }
}

/** The address of a numbered client. */
export function v4(number: number): Uint8Array {
  return Uint8Array.of(192, 0, number >> 8, number & 0xff);
}

export function v6(number: number): Uint8Array {
  return Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number >> 8, number & 0xff);
}

/** The compact form of a peer. */
export function compact(address: Uint8Array, port: number): Buffer {
  return Buffer.from([...address, port >> 8, port & 0xff]);
}
