import { readFile, stat } from 'node:fs/promises';

import type { Clock } from '../../environment.js';
import type { Log } from '../../log.js';
import { Refreshed } from '../refreshed.js';
import { SpreadInfohashes } from './spread-infohashes.js';
import { ListError } from './list-index.js';
import { readList, type ListKind } from './list-text.js';
import type { ListState, TorrentList } from './torrent-list.js';

export interface FileListOptions {
  readonly path: string;
  readonly kind: ListKind;
  readonly clock: Clock;
  readonly log: Log;
  /** How often to look whether the file has changed, in seconds. */
  readonly seconds: number;
}

interface KnownFile {
  readonly hashes: SpreadInfohashes;
  /** Of the file when it was read: another one means that it changed. */
  readonly stamp: string;
}

/** A list in a file, read again when it changes. A file that cannot be read leaves the old list. */
export class FileList implements TorrentList {
  private readonly files: Refreshed<KnownFile>;

  constructor(private readonly options: FileListOptions) {
    this.files = new Refreshed({ ...options, name: 'torrent list', read: (known) => this.read(known) });
  }

  has(infohash: Uint8Array): boolean | Promise<boolean> {
    const file = this.files.get();
    return file instanceof Promise
      ? file.then(({ hashes }) => hashes.has(infohash))
      : file.hashes.has(infohash);
  }

  async reload(): Promise<void> {
    await this.files.refresh();
  }

  state(): ListState {
    const { lastKnown, knownAt, problem } = this.files;
    return { entries: lastKnown?.hashes.count, knownAt, problem };
  }

  private async read(known: KnownFile | undefined): Promise<KnownFile> {
    const { path, kind } = this.options;
    try {
      const stamp = await stampOf(path);
      if (known?.stamp === stamp) return known;
      const hashes = new SpreadInfohashes(readList(await readFile(path), kind));
      if ((await stampOf(path)) !== stamp) throw new ListError('is being written');
      return { hashes, stamp };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ListError(`LIST_FILE ${path}: ${why}`, { cause });
    }
  }
}

async function stampOf(path: string): Promise<string> {
  const { mtimeMs, ctimeMs, size, ino } = await stat(path);
  return [mtimeMs, ctimeMs, size, ino].join(' ');
}
