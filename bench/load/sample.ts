/** Looks at a few replies before and after a load, which itself only counts them. */
import { exchange } from '../../test/support/raw-http.js';
import type { Workload } from './workload.js';
import type { Target } from './announce-load.js';

const SAMPLE = 20;

/**
 * Announces peers again that were announced first, and refuses any reply that does not give them
 * peers.
 * @param fewest each reply has at least so many peers
 * @returns a typical reply's body, to be answered by a server that does nothing else
 */
export async function sampleReplies(target: Target, workload: Workload, fewest: number): Promise<Buffer> {
  let body = Buffer.alloc(0);
  for (let place = 0; place < SAMPLE; place++) {
    const path = workload.target(place);
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`;
    const reply = await exchange(target.port, request);
    const end = reply.indexOf('\r\n\r\n');
    const head = reply.slice(0, end);
    const text = reply.slice(end + 4);
    const peers = Number(/5:peers(\d+):/.exec(text)?.[1] ?? 0) / 6;
    if (!head.startsWith('HTTP/1.1 200 ') || text.includes('failure reason') || !(peers >= fewest)) {
      throw new Error(`${target.name} gave no ${fewest} peers to ${path}:\n${reply}`);
    }
    if (text.length > body.length) body = Buffer.from(text, 'latin1');
  }
  return body;
}
