/**
 * HTTP replies read from bytes, as strictly as the tracker promises them: a Content-Length, never
 * chunked.
 */

export interface HttpReply {
  readonly status: number;
  /** Status line and headers, without the empty line. */
  readonly head: string;
  readonly body: Buffer;
}

/** The bytes are no HTTP reply. */
export class BadReplyError extends Error {
  override readonly name = 'BadReplyError';
}

/**
 * The first reply in the bytes, and where it ends; undefined if it is not complete yet.
 * @throws BadReplyError if there can be no reply in them
 */
export function readReply(bytes: Buffer, at: number): { reply: HttpReply; end: number } | undefined {
  const headEnd = bytes.indexOf(EMPTY_LINE, at);
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', at, headEnd);
  const status = /^HTTP\/1\.1 ([1-5][0-9]{2}) [^\r\n]*(?:\r\n[\w-]+: [^\r\n]*)*$/.exec(head)?.[1];
  if (status === undefined) throw new BadReplyError(`no head of a reply: ${JSON.stringify(head)}`);
  if (/\r\ntransfer-encoding:/i.test(head)) throw new BadReplyError(`a chunked reply: ${head}`);
  const bodyAt = headEnd + EMPTY_LINE.length;
  const end = bodyAt + Number(/\r\ncontent-length: ([0-9]+)/i.exec(head)?.[1] ?? 0);
  if (bytes.length < end) return undefined;
  return { reply: { status: Number(status), head, body: bytes.subarray(bodyAt, end) }, end };
}

/**
 * All replies of a conversation that is over. A reply to HEAD has a Content-Length and no body,
 * which the bytes alone do not tell: so a body that is not there, or begins like the next reply, is
 * none.
 * @throws BadReplyError for anything but whole replies
 */
export function readAllReplies(bytes: Buffer): HttpReply[] {
  const replies: HttpReply[] = [];
  let at = 0;
  while (at < bytes.length) {
    const headEnd = bytes.indexOf(EMPTY_LINE, at);
    if (headEnd < 0) throw new BadReplyError(`half a reply: ${bytes.toString('latin1', at)}`);
    const bodyAt = headEnd + EMPTY_LINE.length;
    const hasNoBody = bodyAt === bytes.length || bytes.toString('latin1', bodyAt, bodyAt + 5) === 'HTTP/';
    const read = hasNoBody
      ? readReply(Buffer.concat([withoutLength(bytes.subarray(at, headEnd)), EMPTY_LINE]), 0)
      : readReply(bytes, at);
    if (read === undefined) throw new BadReplyError(`half a reply: ${bytes.toString('latin1', at)}`);
    replies.push(read.reply);
    at = hasNoBody ? bodyAt : read.end;
  }
  return replies;
}

function withoutLength(head: Buffer): Buffer {
  return Buffer.from(head.toString('latin1').replace(/\r\ncontent-length: [0-9]+/i, ''), 'latin1');
}

const EMPTY_LINE = Buffer.from('\r\n\r\n');
