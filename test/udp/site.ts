import { randomBytes } from 'node:crypto';

import { parseConfig } from '../../lib/config.js';
import type { TrackerComponents } from '../../lib/tracker/components.js';
import { Tracker } from '../../lib/tracker/tracker.js';
import { ConnectionIds } from '../../lib/udp/connection-ids.js';
import { UdpFront, type UdpReply } from '../../lib/udp/front.js';
import { MemoryStore, type MemoryStoreOptions } from '../support/memory-store.js';
import { RecordingLog } from '../support/recording-log.js';
import { seededRandom } from '../support/seeded-random.js';
import {
  announceRequest,
  connectRequest,
  readAnnounceReply,
  readConnectReply,
  scrapeRequest,
  type Announce,
  type AnnounceReply,
} from './client.js';

/** A UDP front on a tracker with a store in memory and a clock that stands; no sockets. */
export class UdpSite {
  readonly log = new RecordingLog();
  readonly store: MemoryStore;
  readonly components: TrackerComponents;
  readonly tracker: Tracker;
  readonly front: UdpFront;
  /** The time, in milliseconds. */
  milliseconds = 1_700_000_000_000;

  /** @param settings by name, as in the environment; without jitter unless they say otherwise */
  constructor(
    settings: Readonly<Record<string, string>> = {},
    options: Partial<MemoryStoreOptions> = {},
    more: Pick<TrackerComponents, 'policy' | 'metrics'> = {},
    secret: Uint8Array = randomBytes(16),
  ) {
    this.store = new MemoryStore({ concurrency: 'siblings', ...options });
    this.components = {
      config: parseConfig({ INTERVAL_JITTER: '0', ...settings }),
      store: this.store,
      clock: { now: () => this.milliseconds },
      random: seededRandom(3),
      log: this.log,
      ...more,
    };
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

  pass(seconds: number): void {
    this.milliseconds += seconds * 1000;
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
