import { open, type RootDatabase, type RootDatabaseOptions } from 'lmdb';

import { FILE_MODE } from './data-files.js';

/** Opens an LMDB file, and makes it if there is none. @throws an error of LMDB */
export function openFile<V = unknown>(path: string, options: Options): RootDatabase<V, string> {
  return open<V, string>({
    path,
    noSubdir: true,
    encoding: 'binary',
    // LMDB's own order: flush the data, write the commit record, answer. The package's overlapping
    // flush is no faster here, takes a flush more, and trusts the boot id after a crash.
    overlappingSync: false,
    // Peers are no secrets worth zeroing every page for.
    noMemInit: true,
    eventTurnBatching: false,
    txnStartThreshold: 0,
    permissionsMode: FILE_MODE,
    ...options,
  } as RootDatabaseOptions & { path: string });
}

type Options = Pick<RootDatabaseOptions, 'noMetaSync' | 'encoding'> & { readonly txnStartThreshold?: number };

/** Ids of other processes that have an LMDB file open and run. */
export function otherReaders(file: RootDatabase<string> | RootDatabase): string[] {
  file.readerCheck();
  const pids = file.readerList().match(/^ *\d+(?= )/gm) ?? [];
  return pids.map((pid) => pid.trim()).filter((pid) => pid !== String(process.pid));
}
