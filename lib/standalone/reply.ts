/** What is sent back for a request, whose body is always of known length. */
export interface Reply {
  readonly status: number;
  readonly body: Buffer;
  /** Headers, `Content-Type` among them; undefined: text/plain alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether others get the same body: it is put behind its headers once a second only. */
  readonly isShared?: boolean;
  /** Whether the connection ends with it, whatever the client asked for. */
  readonly isLast?: boolean;
}

/** A reply of one line. */
export function textReply(status: number, line: string, isLast = false): Reply {
  return { status, body: Buffer.from(`${line}\n`), isLast };
}

/** The same reply with more lines at its end. */
export function withLines(reply: Reply, lines: readonly string[]): Reply {
  if (lines.length === 0) return reply;
  return { ...reply, body: Buffer.concat([reply.body, Buffer.from(`${lines.join('\n')}\n`)]) };
}

export const badRequest = textReply(400, 'this is not HTTP', true);
export const missingHost = textReply(400, 'missing Host', true);
export const notFound = textReply(404, 'not found');
export const notAllowed = textReply(405, 'method not allowed');
export const tooLate = textReply(408, 'the request did not arrive in time', true);
export const tooLong = textReply(431, 'request line and headers are longer than 16 KB', true);
export const healthy = textReply(200, 'ok');
export const unhealthy = textReply(503, 'unavailable');
export const broken = textReply(500, 'internal error');
