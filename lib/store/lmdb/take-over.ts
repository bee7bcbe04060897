import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Database } from 'lmdb';

import { ABSENT, openFile, refuseForeignFile } from './environment.js';
import type { Journal } from './journal.js';

/**
 * Takes over what version 0.1 left in a directory: its journal and its counts were databases of a file `journal.mdb`, which is removed then. To be called
 * before anything else is done with the journal. If it ends in the middle it can be done again: groups that are journalled twice come to the same end.
 * Rejects with an error of LMDB or of the file system.
 */
export async function takeOverFrom01(
  directory: string,
  counts: Database<Uint8Array, string>,
  journal: Journal,
): Promise<void> {
  const path = join(directory, 'journal.mdb');
  if (!refuseForeignFile(path)) return;
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
    await append(
      journal,
      entries.map(({ value }) => value),
    );
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

/** Groups one after the other are a group as well: many of them are flushed at once. */
async function append(journal: Journal, groups: readonly Uint8Array[]): Promise<void> {
  for (let i = 0; i < groups.length; i += AT_ONCE) {
    const group = Buffer.concat(groups.slice(i, i + AT_ONCE));
    while (group.length > 0 && !(await journal.append(newest(journal) + 1, group)));
  }
}

/** Number of the newest group. */
function newest(journal: Journal): number {
  return journal.readAll().at(-1)?.n ?? 0;
}

const AT_ONCE = 1000;
