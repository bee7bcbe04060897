import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import type { Config } from '../../config.js';
import type { Log } from '../../log.js';
import type { UdpFigures } from '../../stats/front-figures.js';
import type { UdpFront } from '../../udp/front.js';
import { listenAddresses } from './listen-addresses.js';
import { receiveDrops } from './receive-drops.js';
import { UdpSocket } from './socket.js';

/**
 * How often it is looked whether addresses came or went, and whether receive buffers overflowed.
 */
const LOOK_MS = 10_000;

/** How often a closing server looks whether all is answered. */
const DRAIN_POLL_MS = 10;

export type UdpServerSettings = Pick<Config, 'udpReceiveBytes' | 'udpReusePort'>;

export interface UdpServerParts {
  readonly front: UdpFront;
  readonly log: Log;
  /** As of node:os. */
  readonly interfaces?: typeof networkInterfaces;
}

/**
 * The UDP sockets of a process: one for all addresses of a family, or one each. See
 * listenAddresses.
 */
export class UdpServer {
  /** By address. */
  private readonly sockets = new Map<string, UdpSocket>();
  private readonly interfaces: typeof networkInterfaces;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private listening = { host: '', port: 0 };
  /** Of sockets that were closed. */
  private unsentBefore = 0;
  private overflowed: number | undefined;

  constructor(
    private readonly parts: UdpServerParts,
    private readonly settings: UdpServerSettings,
  ) {
    this.interfaces = parts.interfaces ?? networkInterfaces;
  }

  /**
   * Binds the sockets.
   * @param host an address, no name
   * @param port not 0: it is that of all of them
   * @throws the error of node:dgram if an address cannot be bound; none is bound then
   */
  async listen(port: number, host: string): Promise<void> {
    this.listening = { host, port };
    const { v4, v6 } = listenAddresses(host, this.interfaces());
    try {
      for (const address of [...v4, ...v6]) await this.bindUnlessGone(address, host);
    } catch (error) {
      await this.closeAll();
      throw error;
    }
    this.tellBuffers();
    this.overflowed = await receiveDrops(port);
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, LOOK_MS).unref();
  }

  /** Since the start. */
  figures(): UdpFigures {
    const { front } = this.parts;
    const { overflowed } = this;
    let unsent = this.unsentBefore;
    for (const socket of this.sockets.values()) unsent += socket.unsent;
    return {
      ...front.counts,
      openRequests: front.openRequests,
      sockets: this.sockets.size,
      unsent,
      overflowed,
    };
  }

  /**
   * Takes no more datagrams, lets the open ones be answered, and closes the sockets; after
   * `timeoutMs` milliseconds whatever is open.
   */
  async close(timeoutMs: number): Promise<void> {
    clearInterval(this.timer);
    const deadline = performance.now() + timeoutMs;
    for (const socket of this.sockets.values()) socket.drain();
    while (this.parts.front.openRequests > 0 && performance.now() < deadline) await delay(DRAIN_POLL_MS);
    await this.looking;
    await this.closeAll();
  }

  /** Binds addresses that have come, and lets those go that are gone. Never rejects. */
  async look(): Promise<void> {
    const { host, port } = this.listening;
    const { v4, v6 } = listenAddresses(host, this.interfaces());
    const wanted = new Set([...v4, ...v6]);
    for (const address of this.sockets.keys()) if (!wanted.has(address)) await this.unbind(address);
    for (const address of wanted) {
      if (this.sockets.has(address)) continue;
      await this.bind(address).catch((cause: unknown) => {
        this.parts.log.warn('udp address not bound', { address, cause });
      });
    }
    this.tellOverflow(await receiveDrops(port));
  }

  /**
   * An address of an interface may not be usable yet, or be gone: it is tried again when the server
   * looks the next time.
   */
  private async bindUnlessGone(address: string, host: string): Promise<void> {
    try {
      await this.bind(address);
    } catch (error) {
      if (address === host || (error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error;
    }
  }

  private async bind(address: string): Promise<void> {
    const { udpReceiveBytes: receiveBytes, udpReusePort: reusePort } = this.settings;
    const { port } = this.listening;
    this.sockets.set(
      address,
      await UdpSocket.bind({ address, port, receiveBytes, reusePort }, this.parts.front),
    );
  }

  private async unbind(address: string): Promise<void> {
    const socket = this.sockets.get(address);
    if (socket === undefined) return;
    this.sockets.delete(address);
    await socket.close();
    this.unsentBefore += socket.unsent;
  }

  private async closeAll(): Promise<void> {
    for (const address of this.sockets.keys()) await this.unbind(address);
  }

  private tellBuffers(): void {
    const { udpReceiveBytes: asked } = this.settings;
    for (const [address, { receiveBytes }] of this.sockets) {
      if (receiveBytes < asked) {
        this.parts.log.info('udp receive buffer smaller than asked for', { address, asked, receiveBytes });
      }
    }
  }

  private tellOverflow(drops: number | undefined): void {
    const datagrams = (drops ?? 0) - (this.overflowed ?? 0);
    if (datagrams > 0) this.parts.log.warn('udp receive buffer overflowed', { datagrams });
    this.overflowed = drops;
  }
}
