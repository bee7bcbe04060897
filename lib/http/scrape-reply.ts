import { BencodeWriter, fixed, INTEGER_ROOM } from './bencode-writer.js';
import { INFOHASH_LENGTH } from './infohash.js';

/** The counts of one torrent; all zeros for one that is unknown. */
export interface ScrapedSwarm {
  /** 20 bytes. */
  readonly infohash: Uint8Array;
  /** Seeders. */
  readonly complete: number;
  /** Completed downloads so far. */
  readonly downloaded: number;
  /** Leechers, partial seeds among them. */
  readonly incomplete: number;
  /** Leechers that still download: `incomplete` less the partial seeds (BEP 21). */
  readonly downloaders: number;
}

const FILES = fixed('d5:filesd');
const COMPLETE = fixed('d8:completei');
const DOWNLOADED = fixed('10:downloadedi');
const DOWNLOADERS = fixed('11:downloadersi');
const INCOMPLETE = fixed('10:incompletei');
const FLAGS = fixed('e5:flagsd20:min_request_intervali');
const END = fixed('e');
const ENDS = fixed('ee');

const SWARM_ROOM =
  3 +
  INFOHASH_LENGTH +
  [COMPLETE, DOWNLOADED, DOWNLOADERS, INCOMPLETE, END].reduce((sum, part) => sum + part.length, 0) +
  4 * INTEGER_ROOM;
const FRAME_ROOM = FILES.length + FLAGS.length + INTEGER_ROOM + ENDS.length;

/**
 * Encodes the reply to a scrape (BEP 48, `downloaders` of BEP 21). The infohashes are dictionary keys, so they go out
 * in byte order, whatever order they come in.
 * @param swarms distinct infohashes
 * @param minRequestInterval seconds before which the client must not scrape again
 * @throws RangeError if a number is not a non-negative integer
 */
export function encodeScrapeReply(swarms: readonly ScrapedSwarm[], minRequestInterval: number): Buffer {
  const writer = new BencodeWriter(FRAME_ROOM + swarms.length * SWARM_ROOM).raw(FILES);
  for (const swarm of [...swarms].sort((a, b) => Buffer.compare(a.infohash, b.infohash))) {
    writer
      .bytes(swarm.infohash)
      .raw(COMPLETE)
      .integer(swarm.complete)
      .raw(DOWNLOADED)
      .integer(swarm.downloaded)
      .raw(DOWNLOADERS)
      .integer(swarm.downloaders)
      .raw(INCOMPLETE)
      .integer(swarm.incomplete)
      .raw(END);
  }
  return writer.raw(FLAGS).integer(minRequestInterval).raw(ENDS).finish();
}
