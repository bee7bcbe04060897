import { Refusal } from '../bittorrent/errors.js';
import type { ListKind } from './lists/chihaya.js';
import type { ListState, TorrentList } from './lists/torrent-list.js';
import type { Verdict } from './verdict.js';

const NOT_ALLOWED = new Refusal('list', 'torrent not registered with this tracker', 'never');
const DENIED = new Refusal('list', 'this tracker does not serve this torrent', 'never');

/** Serves the torrents on a list, or all but those. */
export class ListPolicy {
  private readonly refusal: Refusal;

  constructor(
    private readonly kind: ListKind,
    private readonly list: TorrentList,
  ) {
    this.refusal = kind === 'allow' ? NOT_ALLOWED : DENIED;
  }

  /** @param infohash of a torrent that is announced or scraped, 20 bytes */
  torrent(infohash: Uint8Array): Verdict {
    const isListed = this.list.has(infohash);
    return isListed instanceof Promise
      ? isListed.then((known) => this.verdict(known))
      : this.verdict(isListed);
  }

  /**
   * Whether peers of a torrent are to be forgotten.
   * @throws (rejects with) a StoreError or ListError if no list is known
   */
  async denies(infohash: Uint8Array): Promise<boolean> {
    return (await this.list.has(infohash)) !== (this.kind === 'allow');
  }

  /** Reads the list now. @throws (rejects with) a StoreError or ListError; the known list stays */
  reload(): Promise<void> {
    return this.list.reload();
  }

  state(): ListState {
    return this.list.state();
  }

  private verdict(isListed: boolean): Refusal | undefined {
    return isListed === (this.kind === 'allow') ? undefined : this.refusal;
  }
}
