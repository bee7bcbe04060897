/** The torrents that an operator has listed, as far as a process knows them. */
export interface TorrentList {
  /**
   * Whether an infohash is listed, 20 bytes; a promise only where that has to be read.
   * @throws (rejects with) a StoreError or ListError if no list is known
   */
  has(infohash: Uint8Array): boolean | Promise<boolean>;
  /** Reads the list now. @throws (rejects with) a StoreError or ListError; the known list stays */
  reload(): Promise<void>;
  /** What health and metrics say. */
  state(): ListState;
}

export interface ListState {
  /** Undefined as long as no list is known. */
  readonly entries: number | undefined;
  /** Milliseconds since the epoch: when the list that is in use was the present one. */
  readonly knownAt: number | undefined;
  /** Why the list could not be read when that was last tried; undefined if it could. */
  readonly problem: unknown;
}
