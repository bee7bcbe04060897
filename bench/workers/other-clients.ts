/**
 * Clients whose work for the server is not to be felt by others: browsers on the pages, readers who
 * ask for the next scrapes before they have read the last.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeInfohash, infohashOf } from '../load/numbered.js';
import { runOpenLoop } from '../load/open-loop.js';
import { work } from './work.js';

export type OtherClients = 'pages' | 'pipelining';

export interface OtherClientsInput {
  readonly kind: OtherClients;
  readonly port: number;
  readonly seconds: number;
  /** Of the metrics. */
  readonly token: string;
}

export interface OtherClientsWorker {
  readonly input: OtherClientsInput;
  /** Replies, and when the last came, milliseconds since the epoch. */
  readonly output: { readonly replies: number; readonly endedMs: number };
}

/** Of all three together, a second. */
const PAGE_RATE = 1000;
const MIN_PAGE_BYTES = 500;
const PAGES = ['/', '/stats.json', '/metrics'] as const;

const READERS = 4;
const HASHES_OF_A_SCRAPE = 100;
const SCRAPES_OF_A_WRITE = 20;

const HEAD = 'HTTP/1.1\r\nHost: tracker.example\r\n\r\n';

work<OtherClientsWorker>(async (input) => {
  const replies = await kinds[input.kind](input);
  return { replies, endedMs: Date.now() };
});

const kinds: Readonly<Record<OtherClients, (input: OtherClientsInput) => Promise<number>>> = {
  pages: async ({ port, seconds, token }) => {
    const result = await runOpenLoop({
      port,
      rate: PAGE_RATE,
      seconds,
      connections: 32,
      request: (place) =>
        `GET ${PAGES[place % PAGES.length] ?? '/'} HTTP/1.1\r\nHost: tracker.example\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      isRight: (body) => body.length > MIN_PAGE_BYTES,
    });
    if (result.failures > 0) throw new Error(`${result.failures} pages were not served`);
    return result.answered;
  },

  pipelining: async ({ port, seconds }) => {
    const infohashes = Array.from({ length: HASHES_OF_A_SCRAPE }, (_, swarm) =>
      escapeInfohash(infohashOf(swarm)),
    );
    const scrape = `GET /scrape?info_hash=${infohashes.join('&info_hash=')} ${HEAD}`;
    let replies = 0;
    const readers = Array.from({ length: READERS }, () => {
      const socket = connect({ port, host: '127.0.0.1' });
      const write = (): void => {
        while (socket.writable && socket.write(scrape.repeat(SCRAPES_OF_A_WRITE)));
      };
      socket.on('connect', write).on('drain', write);
      socket.on('data', (chunk) => (replies += occurrences(chunk, 'HTTP/1.1 200')));
      // What the tracker cuts off does not come back.
      socket.on('error', () => undefined);
      return socket;
    });
    await sleep(seconds * 1000);
    for (const socket of readers) socket.destroy();
    return replies;
  },
};

/** How often a text begins within a chunk; one that is cut in two is not counted. */
function occurrences(chunk: Buffer, text: string): number {
  let count = 0;
  for (let at = chunk.indexOf(text); at >= 0; at = chunk.indexOf(text, at + text.length)) count++;
  return count;
}
