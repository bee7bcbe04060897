import type { Socket } from 'node:net';

/**
 * What a command asks of a running tracker over a socket in its data directory. One line of JSON a
 * request, one a reply, in turn:
 *
 *     {"version":1,"command":"purge","parameters":{}}
 *     {"version":1,"result":...}   or   {"version":1,"error":"why not"}
 *
 * A reply without a result has `"result":null`. The version changes when an older reader would
 * misunderstand a line; a reader refuses a version that it does not know.
 */
export interface AdminRequest {
  readonly version: number;
  readonly command: string;
  readonly parameters: Parameters;
}

export type AdminReply =
  | { readonly version: number; readonly result: unknown }
  | { readonly version: number; readonly error: string };

/** Of a command, by name; each command looks at its own. */
export type Parameters = Readonly<Record<string, unknown>>;

export const ADMIN_VERSION = 1;

/**
 * The socket's name in the data directory, which is the working directory: the system takes some
 * 100 bytes of a path.
 */
export const ADMIN_SOCKET = 'admin.sock';

/** The longest line that is read, in bytes. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** A line that is not of this protocol, or too long. */
export class AdminProtocolError extends Error {
  override readonly name = 'AdminProtocolError';
}

/**
 * The lines that come from a socket, without their ends, until the other side ends.
 * @throws AdminProtocolError for one that is too long; an error of the socket
 */
export async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (const data of socket as AsyncIterable<Buffer>) {
    let rest = data;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      if (bytes + end > MAX_LINE_BYTES) throw new AdminProtocolError('a line is too long');
      yield Buffer.concat([...pieces, rest.subarray(0, end)]).toString();
      pieces = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
    }
    pieces.push(rest);
    bytes += rest.length;
    if (bytes > MAX_LINE_BYTES) throw new AdminProtocolError('a line is too long');
  }
}

/** @throws AdminProtocolError */
export function parseRequest(line: string): AdminRequest {
  const { command, parameters = {} } = parseLine(line);
  if (typeof command !== 'string') throw new AdminProtocolError('a request names no command');
  if (!isObject(parameters)) throw new AdminProtocolError('parameters are no object');
  return { version: ADMIN_VERSION, command, parameters };
}

/** @throws AdminProtocolError */
export function parseReply(line: string): AdminReply {
  const { result, error } = parseLine(line);
  if (typeof error === 'string') return { version: ADMIN_VERSION, error };
  if (result === undefined) throw new AdminProtocolError('a reply has neither a result nor an error');
  return { version: ADMIN_VERSION, result };
}

/** Of the present version. @throws AdminProtocolError */
function parseLine(line: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    throw new AdminProtocolError('a line is no JSON', { cause });
  }
  if (!isObject(parsed)) throw new AdminProtocolError('a line is no object');
  if (parsed['version'] !== ADMIN_VERSION) {
    throw new AdminProtocolError(
      `the other side speaks version ${String(parsed['version'])}, not ${ADMIN_VERSION}`,
    );
  }
  return parsed;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const NEWLINE = 0x0a;
