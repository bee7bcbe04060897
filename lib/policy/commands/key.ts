/** What an operator does with the keys of members: each gives lines to print. */
import { hashOfKey, idOfHash, isUsableKey, labelOf, newKey, type KeyRecord } from '../keys/key-record.js';
import type { KeyStore, StoredKey } from '../keys/key-store.js';
import { bytesOf } from '../keys/key-use.js';
import { ListError } from '../lists/list-index.js';

/** Makes a key. It is printed here and kept nowhere. */
export async function addKey(keys: KeyStore, record: KeyRecord): Promise<string[]> {
  const key = newKey();
  if (!(await keys.add(hashOfKey(key), record))) throw new ListError('the key is not stored: try again');
  return [key];
}

/** A key that was in use elsewhere. */
export interface ImportedKey {
  readonly key: string;
  readonly label: string;
}

/**
 * Keys of another tracker, one a line; what follows it is its label. Lines that begin with `#` are
 * comments.
 * @throws ListError that names the first line which is wrong, but not what stands there
 */
export function readKeys(text: string): ImportedKey[] {
  const keys = new Map<string, ImportedKey>();
  for (const [index, line] of text.split('\n').entries()) {
    const [key = '', ...words] = line
      .replace(/^\uFEFF/, '')
      .trim()
      .split(/\s+/);
    if (key === '' || key.startsWith('#')) continue;
    if (!isUsableKey(key)) {
      throw new ListError(`line ${index + 1}: takes a key of 16 to 128 letters, digits, and . - _ ~`);
    }
    keys.set(key, { key, label: labelOf(words.join(' ')) });
  }
  return [...keys.values()];
}

/**
 * Adds keys that are not there. Those that are stay as they are, so an import that broke off is
 * simply made again.
 * @param record of each, but for a label of its own
 */
export async function importKeys(
  keys: KeyStore,
  imported: readonly ImportedKey[],
  record: KeyRecord,
): Promise<string[]> {
  let added = 0;
  for (let at = 0; at < imported.length; at += AT_ONCE) {
    const results = await Promise.all(
      imported
        .slice(at, at + AT_ONCE)
        .map(({ key, label }) =>
          keys.add(hashOfKey(key), { ...record, label: label === '' ? record.label : label }),
        ),
    );
    added += results.filter((isAdded) => isAdded).length;
  }
  return [`${added} imported, ${imported.length - added} were there`];
}

/** @param names keys, or their ids as `listKeys` prints them */
export async function revokeKeys(
  keys: KeyStore,
  names: readonly string[],
): Promise<{ readonly lines: string[]; readonly areAllRevoked: boolean }> {
  let revoked = 0;
  for (const name of names) {
    const hashes = ID.test(name) ? await keys.named(name) : [];
    if (await keys.revoke(hashes[0] ?? hashOfKey(name))) revoked++;
  }
  const missing = names.length - revoked;
  const lines = [`${revoked} revoked${missing === 0 ? '' : `, ${missing} not known`}`];
  return { lines, areAllRevoked: missing === 0 };
}

/** A heading, then every key, one a line, with tabs between. */
export async function* listKeys(keys: KeyStore): AsyncGenerator<string> {
  yield ['id', 'label', 'added', 'expires', 'limits', 'announces', 'last seen', 'up', 'down'].join('\t');
  for await (const key of keys.list()) yield lineOf(key);
}

function lineOf({ keyHash, record, use, announces }: StoredKey): string {
  const { up, down } = bytesOf(use);
  const limits = [
    ...(record.maxTorrents === undefined ? [] : [`torrents ${record.maxTorrents}`]),
    ...(record.maxPeers === undefined ? [] : [`peers ${record.maxPeers}`]),
  ];
  return [
    idOfHash(keyHash),
    record.label === '' ? '-' : record.label,
    dateOf(record.addedAt),
    dateOf(record.expiresAt),
    limits.length === 0 ? '-' : limits.join(', '),
    announces,
    dateOf(use.lastSeen === 0 ? undefined : use.lastSeen),
    up,
    down,
  ].join('\t');
}

function dateOf(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '-' : new Date(milliseconds).toISOString();
}

/** As a key is named; of such a name a key that is no longer may be, which then is none. */
const ID = /^[0-9a-f]{6,64}$/;
const AT_ONCE = 16;
