import { isDeepStrictEqual } from 'node:util';
import bencode from 'bencode';
import { eventually } from '../support/eventually.js';

export interface ScrapeCounts {
  readonly complete: number;
  readonly incomplete: number;
  readonly downloaded: number;
}

/**
 * Scrapes one swarm as BEP 48 says.
 * @param trackerUrl without a path
 * @throws Error for a reply that does not have exactly this infohash with its counts
 */
export async function scrapeSwarm(trackerUrl: string, infoHash: Buffer): Promise<ScrapeCounts> {
  const escaped = infoHash.toString('hex').replace(/../g, '%$&');
  const response = await fetch(`${trackerUrl}/scrape?info_hash=${escaped}`);
  const body = Buffer.from(await response.arrayBuffer());
  const reply = bencode.decode(body) as { files?: Readonly<Record<string, ScrapeCounts>> };
  const [counts, ...others] = Object.values(reply.files ?? {});
  // The decoder reads keys as text, so the key is looked up in the bytes.
  const key = Buffer.concat([Buffer.from('5:filesd20:'), infoHash]);
  if (counts === undefined || others.length > 0 || !body.includes(key)) {
    throw new Error(`unexpected reply to a scrape: ${body.toString('latin1')}`);
  }
  return { complete: counts.complete, incomplete: counts.incomplete, downloaded: counts.downloaded };
}

/**
 * Waits until a scrape has these very counts. All at once: a download is counted by a second write,
 * so a scrape may see the new seeder before its download.
 * @param state what a reader of the failure wants to know, e.g. the output of the programs involved
 * @throws Error when `deadlineMs` milliseconds have passed, with the last counts
 */
export async function expectCounts(
  trackerUrl: string,
  infoHash: Buffer,
  wanted: ScrapeCounts,
  deadlineMs: number,
  state: () => string,
): Promise<void> {
  let counts: ScrapeCounts | undefined;
  await eventually(
    `a scrape says ${JSON.stringify(wanted)}`,
    deadlineMs,
    async () => {
      counts = await scrapeSwarm(trackerUrl, infoHash);
      return isDeepStrictEqual(counts, wanted);
    },
    () => `last: ${JSON.stringify(counts)}\n${state()}`,
  );
}
