import { INFOHASH_LENGTH } from '../bittorrent/peers.js';
import type { ScrapeReply } from '../bittorrent/scrape.js';
import { BencodeWriter, fixed, INTEGER_ROOM } from './bencode-writer.js';

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
 * @param reply with distinct infohashes
 * @throws RangeError if a number is not a non-negative integer
 */
export function encodeScrapeReply({ swarms, minRequestInterval }: ScrapeReply): Buffer {
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
