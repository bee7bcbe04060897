import type { Clock } from '../../environment.js';
import type { Log } from '../../log.js';
import { Refreshed } from '../refreshed.js';
import { ChangingFile } from './changing-file.js';
import type { ListKind } from './chihaya.js';
import { readList } from './list-text.js';
import { SpreadInfohashes } from './spread-infohashes.js';
import type { ListState, TorrentList } from './torrent-list.js';

export interface FileListOptions {
  readonly path: string;
  readonly kind: ListKind;
  readonly clock: Clock;
  readonly log: Log;
  /** How often to look whether the file has changed, in seconds. */
  readonly seconds: number;
}

/** A list in a file, read again when it changes. A file that cannot be read leaves the old list. */
export class FileList implements TorrentList {
  private readonly lists: Refreshed<SpreadInfohashes>;

  constructor({ path, kind, ...options }: FileListOptions) {
    const file = new ChangingFile('LIST_FILE', path, (bytes) => new SpreadInfohashes(readList(bytes, kind)));
    this.lists = new Refreshed({ ...options, name: 'torrent list', read: () => file.read() });
  }

  has(infohash: Uint8Array): boolean | Promise<boolean> {
    const list = this.lists.get();
    return list instanceof Promise ? list.then((read) => read.has(infohash)) : list.has(infohash);
  }

  async reload(): Promise<void> {
    await this.lists.refresh();
  }

  state(): ListState {
    const { lastKnown, knownAt, problem } = this.lists;
    return { entries: lastKnown?.count, knownAt, problem };
  }
}
