/**
 * Keys of members as a store has them: for each key one object with what was said of it, and one
 * with what it was used for (key-use.ts).
 *
 * A key is stored as its SHA-256 alone, so that whoever gets hold of a store has no key. A slow
 * hash, as passwords need, would protect nothing more: a key has 128 random bits, which nobody can
 * try out, and each announce would pay for it.
 */
import { hash, randomBytes } from 'node:crypto';

import { ListError, POLICY_PREFIX } from '../lists/list-index.js';

const RECORD_PREFIX = `${POLICY_PREFIX}key.`;
const USE_PREFIX = `${POLICY_PREFIX}key-use.`;
/** The keys of all records. */
export const RECORD_KEYS = { from: RECORD_PREFIX, to: `${RECORD_PREFIX}~` };

const FORMAT = 1;
const KEY_BYTES = 16;
/** Hexadecimal digits of a hash that name a key to an operator. */
const ID_DIGITS = 12;
const MAX_LABEL = 200;
/** A key that an operator brings along: as it is in a URL. Shorter ones can be guessed. */
const USABLE_KEY = /^[\w~-][\w.~-]{15,127}$/;

/** What an operator said of a key. Times are milliseconds since the epoch. */
export interface KeyRecord {
  readonly label: string;
  readonly addedAt: number;
  /** From then on it is refused; undefined: never. */
  readonly expiresAt: number | undefined;
  /** Most torrents at a time. */
  readonly maxTorrents: number | undefined;
  /** Most peers at a time. */
  readonly maxPeers: number | undefined;
}

/** A new key: 128 random bits, as 32 hexadecimal digits. */
export function newKey(): string {
  return randomBytes(KEY_BYTES).toString('hex');
}

/** Whether a text that was a key elsewhere can be one here. */
export function isUsableKey(text: string): boolean {
  return USABLE_KEY.test(text);
}

/** What a key is stored and looked up by: hexadecimal digits that say nothing of it. */
export function hashOfKey(key: string): string {
  return hash('sha256', key, 'hex');
}

/** How a key is named to an operator. */
export function idOfHash(keyHash: string): string {
  return keyHash.slice(0, ID_DIGITS);
}

export function recordKey(keyHash: string): string {
  return RECORD_PREFIX + keyHash;
}

export function useKey(keyHash: string): string {
  return USE_PREFIX + keyHash;
}

/** The count of a key's announces: counts have names as infohashes are. */
export function announcesKey(keyHash: string): string {
  return keyHash.slice(0, 40);
}

/** The hash of a record's key. */
export function hashOfRecordKey(key: string): string {
  return key.slice(RECORD_PREFIX.length);
}

/** A label without what a terminal would not print. */
export function labelOf(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, MAX_LABEL);
}

export function encodeRecord(record: KeyRecord): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...record }));
}

/**
 * The record in force of those that were written at the same moment: the one added last.
 * @throws ListError for what is none, or of a later version of the tracker
 */
export function newestRecord(values: readonly Uint8Array[]): KeyRecord | undefined {
  const records = values.map(decodeRecord);
  return records.reduce<KeyRecord | undefined>(
    (newest, record) => (newest === undefined || record.addedAt > newest.addedAt ? record : newest),
    undefined,
  );
}

function decodeRecord(value: Uint8Array): KeyRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(value).toString());
  } catch (cause) {
    throw new ListError('a stored key is damaged', { cause });
  }
  const record = parsed as Partial<Record<string, unknown>> | null;
  if (typeof record !== 'object' || record === null) throw new ListError('a stored key is damaged');
  if (record['format'] !== FORMAT) throw new ListError('a key was written by another version');
  const { label, addedAt, expiresAt, maxTorrents, maxPeers } = record;
  const areOptional = [expiresAt, maxTorrents, maxPeers].every(
    (value) => value === undefined || Number.isSafeInteger(value),
  );
  if (typeof label !== 'string' || !Number.isSafeInteger(addedAt) || !areOptional) {
    throw new ListError('a stored key is damaged');
  }
  return { label, addedAt, expiresAt, maxTorrents, maxPeers } as KeyRecord;
}
