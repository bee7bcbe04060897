import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

import { parseAddress } from '../../bittorrent/address.js';
import type { UdpFront, UdpReply } from '../../udp/front.js';

export interface UdpSocketOptions {
  readonly port: number;
  /** In text; a wildcard is all addresses of its family, and of none other. */
  readonly address: string;
  readonly receiveBytes: number;
  readonly reusePort: boolean;
}

/**
 * Bytes that may wait here for the system to send them; what comes on top is dropped, as the system
 * would do.
 */
const MAX_UNSENT_BYTES = 4_194_304;

/** How many answers are sent between two looks at that: a look is a call of the runtime. */
const SENDS_PER_LOOK = 128;

/** One address on which datagrams are answered. Answers leave from where they were asked. */
export class UdpSocket {
  /** Answers that could not be sent. */
  unsent = 0;
  private isDraining = false;
  private isFull = false;
  private sendsUntilLook = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly front: UdpFront,
  ) {
    socket.on('message', this.onMessage);
    socket.on('error', this.onError);
  }

  /** @throws the error of node:dgram if it cannot be bound */
  static async bind(options: UdpSocketOptions, front: UdpFront): Promise<UdpSocket> {
    const { address, port } = options;
    const family = isIPv6(address) ? 6 : 4;
    const bound: SocketOptions & { readonly reusePort?: boolean } = {
      type: family === 6 ? 'udp6' : 'udp4',
      ipv6Only: family === 6,
      recvBufferSize: options.receiveBytes,
      // Answers go to addresses, which need no look-up: the one of node:dns takes a turn of the
      // event loop.
      lookup: (host, _options, done) => {
        done(null, host, family);
      },
      ...(options.reusePort ? { reusePort: true } : {}),
    };
    const socket = createSocket(bound);
    try {
      // With that look-up it listens before bind returns.
      const listening = once(socket, 'listening');
      socket.bind({ address, port, exclusive: true });
      await listening;
    } catch (error) {
      socket.close();
      throw error;
    }
    return new UdpSocket(socket, front);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** What the system has granted. */
  get receiveBytes(): number {
    return this.socket.getRecvBufferSize();
  }

  /** From now on datagrams get no answer; those that came before still do. */
  drain(): void {
    this.isDraining = true;
  }

  async close(): Promise<void> {
    this.isDraining = true;
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }

  private readonly onMessage = (datagram: Buffer, from: RemoteInfo): void => {
    // Nothing can be sent to port 0.
    if (this.isDraining || from.port === 0) return;
    const address = parseAddress(from.address);
    if (address === undefined) return;
    const reply = this.front.handle(datagram, address);
    if (reply instanceof Promise) {
      void reply.then((bytes) => {
        this.send(bytes, from);
      });
    } else {
      this.send(reply, from);
    }
  };

  private send(reply: UdpReply, to: RemoteInfo): void {
    if (reply === undefined) return;
    try {
      if (this.isQueueFull()) this.unsent++;
      // With an offset and a length Node would make another view of the bytes.
      else this.socket.send(reply, to.port, to.address);
    } catch {
      // The socket was closed meanwhile.
      this.unsent++;
    }
  }

  /** As long as the queue is full, each answer looks whether it still is. */
  private isQueueFull(): boolean {
    if (this.sendsUntilLook-- > 0 && !this.isFull) return false;
    this.sendsUntilLook = SENDS_PER_LOOK;
    this.isFull = this.socket.getSendQueueSize() > MAX_UNSENT_BYTES;
    return this.isFull;
  }

  /**
   * Without a callback to `send` an answer that cannot be sent ends here: no route, a firewall, an
   * address that is gone.
   */
  private readonly onError = (): void => {
    this.unsent++;
  };
}

/**
 * Whether this Node.js can share a port between processes. @param version as in
 * process.versions.node
 */
export function hasReusePort(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}
