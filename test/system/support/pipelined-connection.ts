import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { readReply, type HttpReply } from './http-replies.js';
import { getRequest } from './targets.js';

interface Awaited {
  readonly resolve: (reply: HttpReply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A keep-alive connection to the tracker that asks without waiting for earlier replies; they come
 * in the order of the requests.
 */
export class PipelinedConnection {
  readonly #awaited: Awaited[] = [];
  #received: Buffer = Buffer.alloc(0);
  #corked = false;
  #failure: Error | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    socket.on('error', (error) => {
      this.#fail(error);
    });
    socket.on('close', () => {
      this.#fail(new Error('the tracker closed the connection'));
    });
  }

  static async open(port: number): Promise<PipelinedConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new PipelinedConnection(socket);
  }

  /** Rejects if the connection ends before the reply is complete, or what comes is no reply. */
  get(target: string): Promise<HttpReply> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!this.#corked) {
      // What is asked in one turn goes out together.
      this.#corked = true;
      this.socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(getRequest(target), 'latin1');
    return new Promise((resolve, reject) => {
      this.#awaited.push({ resolve, reject });
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let at = 0;
    try {
      for (
        let read = readReply(this.#received, at);
        read !== undefined;
        read = readReply(this.#received, at)
      ) {
        at = read.end;
        this.#awaited.shift()?.resolve(read.reply);
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      this.socket.destroy();
      return;
    }
    this.#received = this.#received.subarray(at);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#awaited.splice(0)) reject(this.#failure);
  }
}

/**
 * Asks for many things over a few connections, with many requests in flight on each.
 * @param inFlight requests under way at once, over all connections
 */
export async function overConnections<T>(
  port: number,
  { connections, inFlight }: { connections: number; inFlight: number },
  items: readonly T[],
  ask: (connection: PipelinedConnection, item: T, index: number) => Promise<void>,
): Promise<void> {
  const opened = await Promise.all(Array.from({ length: connections }, () => PipelinedConnection.open(port)));
  const entries = items.entries();
  const work = async (connection: PipelinedConnection): Promise<void> => {
    for (const [index, item] of entries) await ask(connection, item, index);
  };
  try {
    const workersOfEach = Math.ceil(inFlight / connections);
    await Promise.all(
      opened.flatMap((connection) => Array.from({ length: workersOfEach }, () => work(connection))),
    );
  } finally {
    for (const connection of opened) connection.close();
  }
}
