import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

import { reasonOf } from '../../error-message.js';

/**
 * Asks a tracker whether it can answer announces (docs/operating.md, Health). Not by fetch, which
 * refuses some ports.
 * @returns what it says, or why it says nothing, in a line
 */
export async function healthOf(
  tracker: URL,
  timeoutMs: number,
): Promise<{ readonly isWell: boolean; readonly line: string }> {
  const url = new URL('/health', tracker);
  try {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) });
    const [reply] = (await once(request, 'response')) as [IncomingMessage];
    const said = (await text(reply)).trim().slice(0, MAX_LINE);
    return { isWell: reply.statusCode === 200, line: `${url.href}: ${reply.statusCode ?? 0} ${said}` };
  } catch (error) {
    return { isWell: false, line: `${url.href}: ${reasonOf(error)}` };
  }
}

const MAX_LINE = 80;
