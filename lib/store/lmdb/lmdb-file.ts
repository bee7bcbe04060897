import { open, type RootDatabase, type RootDatabaseOptions } from 'lmdb';

import { FILE_MODE, identityOf, refuseUnlessLmdb } from './data-files.js';

/** A file of LMDB. */
export class LmdbFile {
  readonly root: RootDatabase<unknown, string>;
  readonly #path: string;
  readonly #identity: string | undefined;

  /**
   * Opens it, and makes it if there is none.
   * @throws StoreRefusedError if LMDB must not open it; an error of LMDB or of the file system
   */
  constructor(path: string, options: Options) {
    refuseUnlessLmdb(path);
    this.#path = path;
    this.root = open<unknown, string>({
      path,
      noSubdir: true,
      encoding: 'binary',
      // LMDB's own order: flush the data, write the commit record, answer. The package's
      // overlapping flush is no faster here, takes a flush more, and trusts the boot id after a
      // crash.
      overlappingSync: false,
      // Peers are no secrets worth zeroing every page for.
      noMemInit: true,
      // The package's own batching of writes leaves a promise that nobody can handle: with it a
      // full disk ends the process. Without, a transaction begins at once or, with a threshold, at
      // the end of the turn; what arrives until it ends goes along.
      eventTurnBatching: false,
      txnStartThreshold: 0,
      permissionsMode: FILE_MODE,
      ...options,
    } as RootDatabaseOptions & { path: string });
    this.#identity = identityOf(path);
  }

  /** Whether it is still the one at its path: one that was deleted can be written to. */
  isInPlace(): boolean {
    return identityOf(this.#path) === this.#identity;
  }

  /** Ids of other processes that have it open and run. */
  otherReaders(): string[] {
    this.root.readerCheck();
    const pids = this.root.readerList().match(/^ *\d+(?= )/gm) ?? [];
    return pids.map((pid) => pid.trim()).filter((pid) => pid !== String(process.pid));
  }

  close(): Promise<void> {
    return this.root.close();
  }
}

type Options = Pick<RootDatabaseOptions, 'noMetaSync'> & { readonly txnStartThreshold?: number };
