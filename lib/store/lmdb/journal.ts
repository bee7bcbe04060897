import { getLastVersion, type Database } from 'lmdb';

import { asBuffer } from './buffers.js';
import { ABSENT } from './environment.js';

/**
 * A journal of groups of updates, numbered 1, 2, 3 and so on, to which the processes that have the environment open append in turn.
 *
 * Group n is the entry at n modulo the number of slots, and n is the entry's LMDB version. So to append is one conditional write: it
 * succeeds only if the slot still has the group of the round before, which is only if nobody else appended this number. And to see
 * that others appended is one read. Whoever appends group n knows all groups before it.
 *
 * What group n is written over must be needed by nobody any more. If groups are large they are cleared before that, which keeps
 * their numbers.
 */
export class Journal {
  readonly #entries: Database<Uint8Array, number>;
  readonly #lengths: Uint32Array;
  #bytes = 0;
  /** For each slot how many bytes this process had read and written when it came to know the group. */
  readonly #ends: Float64Array;
  #end = 0;
  /** The newest group that this process knows of. */
  #newest = 0;

  /** @param slots groups that the journal holds, the same for all processes and at all times */
  constructor(
    entries: Database<Uint8Array, number>,
    readonly slots = SLOTS,
  ) {
    this.#entries = entries;
    this.#lengths = new Uint32Array(slots);
    this.#ends = new Float64Array(slots);
  }

  /** Bytes of all groups that this process knows of. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the groups after group n, whether they are still there or not; of a group that is there. */
  bytesAfter(n: number): number {
    return this.#end - (this.#ends[this.#slotOf(n)] ?? 0);
  }

  /** From here on reads see what is in the file by then: the package would keep a snapshot for a turn of the event loop, in which others may write. */
  refresh(): void {
    this.#entries.resetReadTxn();
  }

  /** Group n of the snapshot that is read now: undefined if it was not written yet, `gone` if it was written over, or cleared. */
  read(n: number): Buffer | 'gone' | undefined {
    const slot = this.#slotOf(n);
    // Asked often, and most often for nothing: so without a copy.
    if (this.#entries.getBinaryFast(slot) === undefined || getLastVersion() < n) return undefined;
    const group = getLastVersion() === n ? this.#entries.getBinary(slot) : undefined;
    if (group === undefined || group.length === 0) return 'gone';
    this.#account(n, group.length);
    return group;
  }

  /** All groups of the snapshot that is read now that are still there, in order; those that are gone are none. */
  readAll(): { readonly groups: readonly (readonly [n: number, group: Buffer])[]; readonly last: number } {
    this.#lengths.fill(0);
    this.#bytes = 0;
    this.#newest = 0;
    const groups: [number, Buffer][] = [];
    let last = 0;
    for (const { version = 0, value } of this.#entries.getRange({ versions: true })) {
      last = Math.max(last, version);
      if (value.length > 0) groups.push([version, asBuffer(value)]);
    }
    groups.sort(([a], [b]) => a - b);
    for (const [n, { length }] of groups) this.#account(n, length);
    return { groups, last };
  }

  /** Writes group n, if no other process has. The bytes must not change until this settles; there must be some. */
  async append(n: number, group: Buffer): Promise<boolean> {
    const replaces = n > this.slots ? n - this.slots : ABSENT;
    const written = await this.#entries.put(this.#slotOf(n), group, n, replaces);
    if (written) this.#account(n, group.length);
    return written;
  }

  /** Takes the content of group n away, all of which has to be elsewhere by now. */
  async clear(n: number): Promise<void> {
    if (!(await this.#entries.put(this.#slotOf(n), CLEARED, n, n))) return;
    const slot = this.#slotOf(n);
    this.#bytes -= this.#lengths[slot] ?? 0;
    this.#lengths[slot] = 0;
  }

  /** Whether group n has content, as far as this process knows. */
  isFilled(n: number): boolean {
    return this.#lengths[this.#slotOf(n)] !== 0;
  }

  #slotOf(n: number): number {
    return n % this.slots;
  }

  /** A group that is read while it is appended is accounted for once. */
  #account(n: number, length: number): void {
    if (n <= this.#newest) return;
    this.#newest = n;
    const slot = this.#slotOf(n);
    this.#end += length;
    this.#ends[slot] = this.#end;
    this.#bytes += length - (this.#lengths[slot] ?? 0);
    this.#lengths[slot] = length;
  }
}

/** Groups that the journal holds. At some thousand flushes a second, which is a fast disk, these are half a minute. */
const SLOTS = 65_536;

const CLEARED = new Uint8Array(0);
