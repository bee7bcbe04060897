import { hasCode } from './errors.js';
import { flush, pathOf } from './journal-directory.js';

/**
 * Files of a journal with groups that the disk may not have yet, though this process has read or written them.
 *
 * Invariant: what is left here after a flush that failed is tried again, or `flush` said that nothing may build on it.
 */
export class UnflushedFiles {
  readonly #directory: string;
  readonly #ordinals = new Set<number>();
  /** Whether the directory has the files that are read, after a power cut as well. */
  #isDirectoryFlushed = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get isEmpty(): boolean {
    return this.#isDirectoryFlushed && this.#ordinals.size === 0;
  }

  add(ordinal: number): void {
    this.#ordinals.add(ordinal);
  }

  /**
   * Waits until the disk has all of them, with what is added meanwhile. Not to be called again before that.
   * @throws NotFlushedError: a flush failed; an error of the file system: there is more to flush, and that may be tried again
   */
  async flush(): Promise<void> {
    if (!this.#isDirectoryFlushed) await flush(this.#directory);
    this.#isDirectoryFlushed = true;
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
