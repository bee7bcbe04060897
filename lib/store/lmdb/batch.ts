import { applyDelta, deltaBetween, type Delta } from './delta.js';
import { HEAD_BYTES } from './log-record.js';

/** Stands for there being no value; versions are greater. */
export const NO_VERSION = 0;

/** What is held under a key. The bytes never change. */
export interface Versioned {
  readonly value: Buffer;
  readonly version: number;
}

/**
 * Writes the updates of one batch, one after the other. Numbers are little-endian, versions
 * doubles.
 *
 *     2   length of the key
 *         key, UTF-8
 *     8   version before, 0: there was none
 *     8   version after, 0: removed
 *     1   kind
 *         REMOVED: nothing
 *         WHOLE:   4 length, the value
 *         CHANGED: 4 head, 4 before, 4 after, 4 length of the new bytes, the head, new bytes
 */
export class BatchWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_ROOM);
  #at = HEAD_BYTES;

  /** Begins a batch; what `finish` gave before is no longer valid. */
  start(): void {
    this.#at = HEAD_BYTES;
  }

  /** A value in the place of another, or of none. */
  replaced(key: string, before: Versioned | undefined, after: Versioned): void {
    const { value } = after;
    this.#begin(key, before?.version ?? NO_VERSION, after.version, value.length);
    if (before === undefined) {
      this.#numbers(WHOLE, value.length);
      this.#copy(value, 0, value.length);
      return;
    }
    const delta = deltaBetween(before.value, value);
    const newAt = delta.head + delta.before;
    const newEnd = value.length - delta.after;
    this.#numbers(CHANGED, delta.head, delta.before, delta.after, newEnd - newAt);
    this.#copy(value, 0, delta.head);
    this.#copy(value, newAt, newEnd);
  }

  removed(key: string, before: Versioned): void {
    this.#begin(key, before.version, NO_VERSION, 0);
    this.#numbers(REMOVED);
  }

  /** The batch, with room for a record's head before it; valid until the next one is started. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #begin(key: string, before: number, after: number, valueLength: number): void {
    const room = UPDATE_BYTES + key.length * MAX_BYTES_PER_CHARACTER + valueLength;
    if (this.#at + room > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow((this.#at + room) * 2);
      larger.set(this.finish());
      this.#bytes = larger;
    }
    const bytes = this.#bytes;
    const keyLength = bytes.write(key, this.#at + 2);
    this.#at = bytes.writeUInt16LE(keyLength, this.#at) + keyLength;
    this.#at = bytes.writeDoubleLE(before, this.#at);
    this.#at = bytes.writeDoubleLE(after, this.#at);
  }

  #numbers(kind: number, ...lengths: readonly number[]): void {
    this.#at = this.#bytes.writeUInt8(kind, this.#at);
    for (const length of lengths) this.#at = this.#bytes.writeUInt32LE(length, this.#at);
  }

  #copy(from: Buffer, start: number, end: number): void {
    this.#at += from.copy(this.#bytes, this.#at, start, end);
  }
}

/** One update, as it is in the log. */
export interface LoggedUpdate {
  readonly key: string;
  /** Whether it has all of the new value. */
  readonly isWhole: boolean;
  /** The version that it replaced; NO_VERSION: none. */
  readonly before: number;
  /** The version that it wrote; NO_VERSION: it removed the value. */
  readonly after: number;
  /** The new value; undefined if it was removed. @param old the value of version `before` */
  valueAfter(old: Uint8Array | undefined): Buffer | undefined;
}

/** The updates of a batch in the order in which they were made. */
export function* readBatch(batch: Buffer): Generator<LoggedUpdate> {
  let at = 0;
  const uint32 = (): number => batch.readUInt32LE((at += 4) - 4);
  const bytes = (length: number): Buffer => batch.subarray(at, (at += length));
  while (at < batch.length) {
    const keyLength = batch.readUInt16LE(at);
    at += 2;
    const key = bytes(keyLength).toString();
    const before = batch.readDoubleLE(at);
    const after = batch.readDoubleLE(at + 8);
    const kind = batch[at + 16];
    at += 17;
    if (kind === REMOVED) {
      yield { key, isWhole: false, before, after, valueAfter: () => undefined };
      continue;
    }
    const isWhole = kind === WHOLE;
    const delta = isWhole ? NO_DELTA : { head: uint32(), before: uint32(), after: uint32() };
    const length = uint32();
    const head = bytes(delta.head);
    const middle = bytes(length);
    const valueAfter = (old = NOTHING): Buffer => applyDelta(old, delta, head, middle);
    yield { key, isWhole, before, after, valueAfter };
  }
}

/** A copy in memory of its own: whoever keeps a slice keeps all that it is a slice of. */
export function ownMemory(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}

const REMOVED = 0;
const WHOLE = 1;
const CHANGED = 2;

const NOTHING = new Uint8Array(0);
const NO_DELTA: Delta = { head: 0, before: 0, after: 0 };
const FIRST_ROOM = 65_536;
/** All of an update but its key and its value. */
const UPDATE_BYTES = 2 + 8 + 8 + 1 + 16;
const MAX_BYTES_PER_CHARACTER = 3;
