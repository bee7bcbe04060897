import { toStoreError } from './errors.js';
import type { Journal } from './journal.js';

/**
 * Clears old groups of a journal that takes more room than it may, some at a time: a ring whose groups are large would be written over too late.
 *
 * Invariant: no group is cleared that is needed to know a value.
 */
export class JournalCleaner {
  readonly #journal: Journal;
  readonly #mostBytes: number;
  /** Groups up to this one are cleared, or written over. */
  #cleared = 0;
  readonly #underWay = new Set<Promise<unknown>>();

  /** @param mostBytes of all groups together */
  constructor(journal: Journal, mostBytes: number) {
    this.#journal = journal;
    this.#mostBytes = mostBytes;
  }

  /**
   * Clears some groups if it is time. Does not wait for that.
   * @param n the next group
   * @param needed the oldest group that any value needs; undefined if none needs any
   */
  tend(n: number, needed: number | undefined): void {
    if (this.#journal.bytes <= this.#mostBytes) return;
    const end = Math.min(needed ?? n, n);
    this.#cleared = Math.max(this.#cleared, n - this.#journal.slots);
    for (let most = CLEARED_AT_ONCE; most > 0 && this.#cleared + 1 < end;) {
      this.#cleared++;
      if (!this.#journal.isFilled(this.#cleared)) continue;
      most--;
      this.#clear(this.#cleared);
    }
  }

  get isIdle(): boolean {
    return this.#underWay.size === 0;
  }

  /** Settles when what is under way is. */
  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** If that fails, so does the group in whose transaction it is; and what is not cleared is written over some time. */
  #clear(n: number): void {
    const settled: Promise<boolean> = this.#journal
      .clear(n)
      .catch((error: unknown) => toStoreError('cannot clear the journal', error))
      .then(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
  }
}

const CLEARED_AT_ONCE = 64;
