import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';

import { inOneLine } from '../../error-message.js';
import type { Log } from '../../log.js';
import {
  ADMIN_VERSION,
  AdminProtocolError,
  linesOf,
  parseRequest,
  type AdminReply,
  type Parameters,
} from '../../admin/protocol.js';

/**
 * What a tracker does for a command. Gives what is to be sent as JSON; what it throws is sent as
 * its message. The signal is aborted when the tracker stops: then it should end soon.
 */
export type AdminCommand = (parameters: Parameters, signal: AbortSignal) => Promise<unknown>;

/**
 * Answers commands over a Unix socket that only the process's user may use. Bounded: so many
 * connections, one request at a time on each, and a line that is too long ends its connection.
 */
export class AdminServer {
  readonly #commands: ReadonlyMap<string, AdminCommand>;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #connections = new Map<Socket, Promise<void>>();
  #server: Server | undefined;

  constructor(commands: ReadonlyMap<string, AdminCommand>, log: Log) {
    this.#commands = commands;
    this.#log = log;
  }

  /**
   * Takes the place of whatever socket is there: whoever calls this has the directory to itself.
   * Where no socket can be made, as on some shared file systems, there is a line in the log and the
   * tracker does without.
   * @param path of the socket, at most 100 bytes
   */
  async listen(path: string): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      // Whoever went away is answered no more; the command goes on to its end.
      socket.on('error', () => undefined);
      this.#connections.set(socket, this.#serve(socket));
    });
    server.maxConnections = MAX_CONNECTIONS;
    try {
      await rm(path, { force: true });
      await listenPrivately(server, path);
      this.#server = server;
    } catch (cause) {
      this.#log.warn('no admin socket', { cause });
    }
  }

  /** Has what is under way end soon, answers it, and removes the socket. Idempotent. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#connections.keys()) socket.pause();
    await Promise.all(this.#connections.values());
  }

  async #serve(socket: Socket): Promise<void> {
    // Whoever sends nothing goes, but not while a command works.
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    const { signal } = this.#stopping;
    const stop = (): void => void socket.destroy();
    signal.addEventListener('abort', stop);
    try {
      for await (const line of linesOf(socket)) {
        socket.setTimeout(0);
        signal.removeEventListener('abort', stop);
        socket.write(`${JSON.stringify(await this.#reply(line))}\n`);
        if (signal.aborted) break;
        signal.addEventListener('abort', stop);
        socket.setTimeout(IDLE_MS);
      }
    } catch (error) {
      if (error instanceof AdminProtocolError) socket.write(`${JSON.stringify(refusal(error))}\n`);
    } finally {
      signal.removeEventListener('abort', stop);
      socket.end();
      this.#connections.delete(socket);
    }
  }

  async #reply(line: string): Promise<AdminReply> {
    try {
      const { command: name, parameters } = parseRequest(line);
      const command = this.#commands.get(name);
      if (command === undefined) return refusal(new Error(`this tracker knows no command ${name}`));
      this.#log.info('admin command', { command: name });
      const result = (await command(parameters, this.#stopping.signal)) ?? null;
      return { version: ADMIN_VERSION, result };
    } catch (error) {
      return refusal(error);
    }
  }
}

function refusal(error: unknown): AdminReply {
  return { version: ADMIN_VERSION, error: inOneLine(error) };
}

/** The socket is made with the rights that it keeps: to take them away later would be too late. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
  });
  const umask = process.umask(OWNER_ONLY);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await listening;
}

const OWNER_ONLY = 0o177;
const MAX_CONNECTIONS = 8;
const IDLE_MS = 10_000;
