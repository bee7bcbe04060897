/** Beginnings of peer ids, by which clients are told apart. */
import { PEER_ID_LENGTH } from '../../bittorrent/peers.js';
import { chihayaEntries, isChihaya, type ListKind } from '../lists/chihaya.js';
import { ListError } from '../lists/list-index.js';

/** More than there are clients and versions that anybody lists. */
export const MAX_PREFIXES = 1000;

/** What a prefix is written with: ASCII without blanks. */
const PREFIX = /^[!-~]{1,20}$/;

/** Of an entry of chihaya's client approval. */
const CHIHAYA_LENGTH = 6;

/** @throws ListError */
export function readPrefix(text: string): string {
  if (PREFIX.test(text)) return text;
  throw new ListError(`takes the beginning of a peer id, 1 to ${PEER_ID_LENGTH} characters, e.g. -TR4050-`);
}

/**
 * Prefixes from text, one a line. What follows the first word is a comment, as is a line that
 * begins with `#`, `//` or `;`. A text with a line `whitelist:` or `blacklist:` is a configuration
 * of chihaya, of whose client approval the one list is taken.
 * @throws ListError that names the first line which is wrong
 */
export function readPrefixes(text: string, kind: ListKind): string[] {
  if (isChihaya(Buffer.from(text))) return readChihaya(text, kind);
  const prefixes: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [word = ''] = line
      .replace(/^\uFEFF/, '')
      .trimStart()
      .split(/\s/, 1);
    if (word === '' || /^(#|\/\/|;)/.test(word)) continue;
    prefixes.push(onLine(index + 1, () => readPrefix(word)));
  }
  return prefixes;
}

/**
 * Chihaya knows a client by six characters, after the dash of a peer id if that begins with one: so
 * each is two prefixes.
 */
function readChihaya(text: string, kind: ListKind): string[] {
  const prefixes: string[] = [];
  for (const { word, line } of chihayaEntries(text, kind, 'client approval')) {
    onLine(line, () => {
      if (word.length !== CHIHAYA_LENGTH) throw new ListError('takes the six characters of a client');
      prefixes.push(readPrefix(word), readPrefix(`-${word}`));
    });
  }
  return prefixes;
}

/** @throws ListError with the line in front */
function onLine<T>(line: number, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ListError(`line ${line}: ${why}`, { cause });
  }
}

/** Sorted, each once. @throws ListError if there are too many */
export function sortPrefixes(prefixes: Iterable<string>): string[] {
  const sorted = [...new Set(prefixes)].sort();
  if (sorted.length > MAX_PREFIXES) throw new ListError(`there may be ${MAX_PREFIXES} prefixes at most`);
  return sorted;
}

/** Prefixes to look peer ids up in. */
export class PrefixTable {
  /**
   * Sorted, and none begins with another one: those with a shorter one are left out, as it matches
   * all that they match. So only the last one that is not greater than a peer id can match it.
   */
  private readonly prefixes: readonly Buffer[];

  /** @param sorted as sortPrefixes gives them */
  constructor(sorted: readonly string[]) {
    const kept: string[] = [];
    for (const prefix of sorted) {
      const last = kept.at(-1);
      if (last === undefined || !prefix.startsWith(last)) kept.push(prefix);
    }
    this.prefixes = kept.map((prefix) => Buffer.from(prefix, 'latin1'));
  }

  /** Whether a peer id begins with one of them: O(log n). */
  matches(peerId: Uint8Array): boolean {
    let from = 0;
    let to = this.prefixes.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const order = compare(this.prefixes[middle], peerId);
      if (order === 0) return true;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return false;
  }
}

/** 0: the peer id begins with the prefix. */
function compare(prefix: Uint8Array | undefined, peerId: Uint8Array): number {
  if (prefix === undefined) return -1;
  for (let i = 0; i < prefix.length; i++) {
    const difference = (prefix[i] ?? 0) - (peerId[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
