/** What an operator does with the list of torrents in the store: each gives lines to print. */
import { INFOHASH_LENGTH } from '../../bittorrent/peers.js';
import { infohashesOf, sortInfohashes } from '../lists/infohashes.js';
import { entriesOf, type ListIndex } from '../lists/list-index.js';
import type { ListStore } from '../lists/list-store.js';

/** @param hashes n times 20 bytes */
export async function addTorrents(list: ListStore, hashes: Uint8Array): Promise<string[]> {
  const { index, before } = await list.edit(sortInfohashes(hashes), NOTHING);
  return [`${entriesOf(index) - before} added: ${describe(index)}`];
}

/** @param hashes n times 20 bytes */
export async function removeTorrents(list: ListStore, hashes: Uint8Array): Promise<string[]> {
  const { index, before } = await list.edit(NOTHING, sortInfohashes(hashes));
  return [`${before - entriesOf(index)} removed: ${describe(index)}`];
}

/** One line for each of n times 20 bytes. */
export async function whichTorrents(
  list: ListStore,
  hashes: Uint8Array,
): Promise<{ readonly lines: string[]; readonly areAllListed: boolean }> {
  const lines: string[] = [];
  let areAllListed = true;
  for (const infohash of infohashesOf(hashes)) {
    const isListed = await list.has(infohash);
    areAllListed &&= isListed;
    lines.push(`${hexOf(infohash)} ${isListed ? 'is on the list' : 'is not on the list'}`);
  }
  return { lines, areAllListed };
}

export async function showList(list: ListStore): Promise<string[]> {
  const index = await list.index();
  if (index.revision === 0) return ['there is no list yet: list add or list import makes one'];
  return [describe(index), `last changed ${new Date(index.changedAt).toISOString()}`];
}

/** Replaces the list. @param sorted as `readList` gives them */
export async function importTorrents(list: ListStore, sorted: Uint8Array): Promise<string[]> {
  const { index, before } = await list.replace(sorted);
  return [`${sorted.length / INFOHASH_LENGTH} imported in the place of ${before}: ${describe(index)}`];
}

/** Every infohash in hex, one a line: what `list import` takes. Some thousand lines at a time. */
export async function* exportTorrents(list: ListStore): AsyncGenerator<string> {
  for await (const part of list.export()) {
    if (part.length > 0) yield Array.from(infohashesOf(part), hexOf).join('\n');
  }
}

function describe(index: ListIndex): string {
  const entries = entriesOf(index);
  const infohashes = entries === 1 ? 'infohash' : 'infohashes';
  return `the list has ${entries} ${infohashes} (revision ${index.revision})`;
}

function hexOf(infohash: Uint8Array): string {
  return Buffer.from(infohash).toString('hex');
}

const NOTHING = Buffer.alloc(0);
