import { connect, type Socket } from 'node:net';

import { ADMIN_VERSION, linesOf, parseReply, type Parameters } from './protocol.js';

/** The tracker refused a command, or ended before it had answered it. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
}

/**
 * Asks the tracker that has a socket to do something, and waits for as long as that takes.
 * @param path of the socket, at most 100 bytes
 * @returns its answer, or undefined if no tracker listens there
 * @throws AdminError; AdminProtocolError if the other side speaks another version
 */
export async function askTracker(
  path: string,
  command: string,
  parameters: Parameters = {},
): Promise<{ readonly result: unknown } | undefined> {
  const socket = await connected(path);
  if (socket === undefined) return undefined;
  try {
    socket.write(`${JSON.stringify({ version: ADMIN_VERSION, command, parameters })}\n`);
    const line = await firstLine(socket);
    if (line === undefined) throw new AdminError('the tracker ended before it had answered');
    const reply = parseReply(line);
    if ('error' in reply) throw new AdminError(reply.error);
    return { result: reply.result };
  } finally {
    socket.destroy();
  }
}

async function firstLine(socket: Socket): Promise<string | undefined> {
  try {
    for await (const line of linesOf(socket)) return line;
    return undefined;
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new AdminError('the tracker ended before it had answered', { cause });
  }
}

/** Undefined if there is no socket, or one of a process that has ended. */
function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      resolve(socket);
    });
    // Also for what comes after the connection, which whoever reads is told as well.
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      if (NOBODY.has(cause.code)) resolve(undefined);
      else reject(new AdminError(`the tracker cannot be asked: ${cause.message}`, { cause }));
    });
  });
}

const NOBODY: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']);
