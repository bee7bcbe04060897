import { hasCode } from './errors.js';
import { flush, pathOf } from './journal-directory.js';

/**
 * Files of a journal with groups that the disk may not have yet, though this process has read or written them, or without a name there: who made a
 * file may not have come to flush the directory. After a power cut all groups before a file that is missing would be taken for removed.
 *
 * Invariant: what is left here after a flush that failed is tried again, or `flush` said that nothing may build on it.
 */
export class UnflushedFiles {
  readonly #directory: string;
  readonly #ordinals = new Set<number>();
  /** The directory has this file and all before it, after a power cut as well; it should have `#toName` and all before that. */
  #named = 0;
  #toName = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get isEmpty(): boolean {
    return this.#toName <= this.#named && this.#ordinals.size === 0;
  }

  /** The directory was flushed since there is this file. */
  named(ordinal: number): void {
    this.#named = Math.max(this.#named, ordinal);
  }

  /** Has the directory flushed, unless that was done since there is this file. */
  toName(ordinal: number): void {
    this.#toName = Math.max(this.#toName, ordinal);
  }

  add(ordinal: number): void {
    this.#ordinals.add(ordinal);
  }

  /**
   * Waits until the disk has all of them, with what is added meanwhile. Not to be called again before that.
   * @throws NotFlushedError: a flush failed; an error of the file system: there is more to flush, and that may be tried again
   */
  async flush(): Promise<void> {
    if (this.#toName > this.#named) {
      const ordinal = this.#toName;
      await flush(this.#directory);
      this.named(ordinal);
    }
    for (const ordinal of this.#ordinals) {
      // First, as more may be written into the file while it is flushed.
      this.#ordinals.delete(ordinal);
      try {
        await flush(pathOf(this.#directory, ordinal));
      } catch (error) {
        // What was in a file that was removed is in its place.
        if (hasCode(error, 'ENOENT')) continue;
        this.#ordinals.add(ordinal);
        throw error;
      }
    }
  }
}
