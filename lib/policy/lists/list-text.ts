/** Lists as text: our own, opentracker's and chihaya's. */
import { INFOHASH_LENGTH } from '../../bittorrent/peers.js';
import { parseTorrent, readTorrentFile, TorrentError } from '../../metainfo/torrent.js';
import { chihayaEntries, isChihaya, type ListKind } from './chihaya.js';
import { sortInfohashes } from './infohashes.js';
import { ListError } from './list-index.js';

/**
 * Reads a list: a .torrent file, or text with one torrent a line (see {@link parseTorrent}).
 *
 * - Of a line only the first word counts: what follows it is a comment, as is a line
 *   that begins with `#`, `//` or `;`.
 *   So opentracker's white and blacklists are read as they are.
 * - A text with a line `whitelist:` or `blacklist:` is a configuration of chihaya: of that the
 *   entries of the one list are taken, and everything else is left alone.
 * @returns the infohashes, sorted; of a hybrid torrent both
 * @throws ListError that names the first line which is none of this
 */
export function readList(bytes: Buffer, kind: ListKind): Buffer {
  if (bytes[0] === LETTER_D && DIGIT.test(bytes.toString('latin1', 1, 2))) return readTorrent(bytes);
  return isChihaya(bytes) ? readChihaya(bytes.toString(), kind) : readLines(bytes);
}

/** The infohashes of a .torrent file, sorted. @throws ListError */
export function readTorrent(bytes: Buffer): Buffer {
  return sortInfohashes(Buffer.concat(asListError(() => readTorrentFile(bytes)).infohashes));
}

/** The infohashes of one torrent that is named on a line of its own. @throws ListError */
export function readTorrentName(text: string): Buffer {
  return Buffer.concat(asListError(() => parseTorrent(text)).infohashes);
}

function readLines(bytes: Buffer): Buffer {
  const hashes = new HashWriter(bytes.length);
  let number = 0;
  for (let at = 0; at < bytes.length;) {
    number += 1;
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    // The usual line costs no object but this text.
    const [word = ''] = bytes
      .toString('utf8', at, end)
      .replace(/^\uFEFF/, '')
      .trimStart()
      .split(/\s/, 1);
    at = end + 1;
    if (word === '' || COMMENT.test(word)) continue;
    hashes.addWord(word, number);
  }
  return sortInfohashes(hashes.all());
}

function readChihaya(text: string, kind: ListKind): Buffer {
  const hashes = new HashWriter(text.length);
  for (const { word, line } of chihayaEntries(text, kind, 'torrent approval')) hashes.addWord(word, line);
  return sortInfohashes(hashes.all());
}

/** Infohashes one after the other. */
class HashWriter {
  private readonly hashes: Buffer;
  private length = 0;

  /** @param textLength of the whole text, of which each infohash takes 32 characters or more */
  constructor(textLength: number) {
    this.hashes = Buffer.allocUnsafe((Math.floor(textLength / MIN_TEXT) + 1) * INFOHASH_LENGTH);
  }

  addWord(word: string, line: number): void {
    if (HEX.test(word)) {
      this.length += this.hashes.write(word, this.length, 'hex');
      return;
    }
    try {
      for (const infohash of parseTorrent(word).infohashes) this.add(infohash);
    } catch (cause) {
      if (!(cause instanceof TorrentError)) throw cause;
      throw new ListError(`line ${line}: ${shown(word)} ${cause.message}`, { cause });
    }
  }

  all(): Buffer {
    return this.hashes.subarray(0, this.length);
  }

  private add(infohash: Uint8Array): void {
    this.hashes.set(infohash, this.length);
    this.length += INFOHASH_LENGTH;
  }
}

/** The start of a word that is wrong, without what a terminal would not print. */
function shown(word: string): string {
  const start = word.length <= MAX_SHOWN ? word : `${word.slice(0, MAX_SHOWN)}...`;
  return `${JSON.stringify(start.replaceAll(/\P{ASCII}/gu, '?'))}:`;
}

function asListError<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof TorrentError) throw new ListError(cause.message, { cause });
    throw cause;
  }
}

const COMMENT = /^(#|\/\/|;)/;
const HEX = /^[0-9a-f]{40}$/i;
const DIGIT = /^\d$/;
const LETTER_D = 0x64;
const NEWLINE = 0x0a;
/** Of base32, the shortest name. */
const MIN_TEXT = 32;
const MAX_SHOWN = 60;
