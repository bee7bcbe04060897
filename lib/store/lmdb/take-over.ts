import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Database } from 'lmdb';

import { ABSENT, openFile, refuseForeignFile } from './environment.js';
import type { Journal } from './journal.js';

/**
 * Takes over what version 0.1 left in a directory: its journal and its counts were databases of a file `journal.mdb`, which is removed then. To be called
 * before anything else is done with the journal. If it ends in the middle it can be done again, and several processes may do it at once.
 *
 * Invariant: the old groups come to the journal only before anything else is written, all of them as one group. Journalled twice in that way they come to the same
 * end. After a write, or a part of them, they would not: what was removed since, they would bring back.
 *
 * Rejects with an error of LMDB or of the file system.
 */
export async function takeOverFrom01(
  directory: string,
  counts: Database<Uint8Array, string>,
  journal: Journal,
): Promise<void> {
  const path = join(directory, 'journal.mdb');
  if (!refuseForeignFile(path)) return;
  const before = inodeOf(path);
  const file = openFile(path, 'flush');
  try {
    const groups = file.openDB<Uint8Array, number>('journal', {
      encoding: 'binary',
      keyEncoding: 'uint32',
      useVersions: true,
    });
    const entries = [...groups.getRange({ versions: true })].sort(
      (a, b) => (a.version ?? 0) - (b.version ?? 0),
    );
    // Groups one after the other are a group as well.
    const group = Buffer.concat(entries.map(({ value }) => value));
    if (group.length > 0) await append(journal, group, () => before === inodeOf(path));
    const old = file.openDB<Uint8Array, string>('counts', { encoding: 'binary', useVersions: true });
    for (const { key, value, version = 0 } of old.getRange({ versions: true })) {
      await counts.put(key, value, version, ABSENT);
    }
  } finally {
    await file.close();
  }
  await rm(path, { force: true });
  await rm(`${path}-lock`, { force: true });
}

/** Appends a group unless another process has taken over what is there, as it may have written since. */
async function append(journal: Journal, group: Buffer, isThere: () => boolean): Promise<void> {
  for (;;) {
    const n = newest(journal) + 1;
    // In this order: whoever writes between the two, or after, has removed the file, or is the first to append a group n.
    if (!isThere() || (await journal.append(n, group))) return;
  }
}

/** Of the file at a path; undefined if there is none. One that is open is not given to another file. */
function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** Number of the newest group. */
function newest(journal: Journal): number {
  return journal.readAll().at(-1)?.n ?? 0;
}
