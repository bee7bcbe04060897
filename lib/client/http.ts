/** One request to a tracker over HTTP. */
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { reasonOf } from '../error-message.js';
import type { AskOptions } from './exchange.js';
import { malformed, TrackerError } from './tracker-error.js';

/** No reply with peers or counts is as long. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;
const MAX_REDIRECTIONS = 5;
const REDIRECTIONS = new Set([301, 302, 303, 307, 308]);

/**
 * The body of the reply, whatever its status: trackers send failures with other ones than 200.
 * @throws TrackerError if nothing comes in time, or no body
 */
export async function fetchReply(url: URL, { timeoutMs, family }: AskOptions): Promise<Buffer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    let at = url;
    for (let i = 0; i <= MAX_REDIRECTIONS; i++) {
      const response = await responseOf(at, family, signal);
      const target = redirection(response, at);
      if (target === undefined) return await bodyOf(response, signal);
      response.destroy();
      at = target;
    }
  } catch (cause) {
    if (cause instanceof TrackerError) throw cause;
    const reason = signal.aborted ? `no reply within ${timeoutMs / 1000} s` : reasonOf(cause);
    throw new TrackerError('unreachable', reason, { cause });
  }
  throw malformed(`more than ${MAX_REDIRECTIONS} redirections`);
}

function responseOf(url: URL, family: 0 | 4 | 6, signal: AbortSignal): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? getSecure : getPlain;
  return new Promise((resolve, reject) => {
    const headers = { 'Accept-Encoding': 'gzip', Connection: 'close', 'User-Agent': 'tracker' };
    get(url, { family, signal, headers, agent: false }, resolve).on('error', reject);
  });
}

/** Where a reply sends the client, if it does. */
function redirection(response: IncomingMessage, from: URL): URL | undefined {
  const { statusCode = 0, headers } = response;
  if (!REDIRECTIONS.has(statusCode) || headers.location === undefined) return undefined;
  const target = URL.canParse(headers.location, from.href) ? new URL(headers.location, from.href) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol))
    throw malformed('a redirection to no web address');
  return target;
}

async function bodyOf(response: IncomingMessage, signal: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  signal.addEventListener('abort', () => response.destroy(), { once: true });
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length > MAX_REPLY_BYTES) throw malformed(`a reply of more than ${MAX_REPLY_BYTES} bytes`);
  }
  const bytes = Buffer.concat(parts);
  const { statusCode = 0, headers } = response;
  const body = headers['content-encoding'] === 'gzip' ? await unzipped(bytes) : bytes;
  // A bencoded dictionary begins with d: a web page of an error does not.
  if (statusCode !== 200 && body[0] !== LETTER_D) throw malformed(`HTTP status ${statusCode}`);
  return body;
}

async function unzipped(bytes: Buffer): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MAX_REPLY_BYTES });
  } catch (cause) {
    throw malformed('a reply that cannot be unpacked', cause);
  }
}

const LETTER_D = 0x64;
