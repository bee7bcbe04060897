import { ownMemory } from './buffers.js';
import { changeBetween, changed, type Change } from './change.js';

/** A number that stands for there being no value; versions are greater. */
export const NO_VERSION = 0;

/** What is held under a key. */
export interface Versioned {
  readonly value: Buffer;
  readonly version: number;
}

/**
 * Writes a group of updates as one journal entry:
 *
 *     2   length of the key
 *         key, UTF-8
 *     8   version before, 0: there was none
 *     8   version after, 0: removed
 *     1   kind
 *         REMOVED: nothing
 *         WHOLE:   4 length, the value
 *         CHANGED: 4 head, 4 before, 4 after, 4 length of the new bytes (see Change), head bytes, new bytes
 *
 * and so on; numbers are little-endian, versions doubles.
 */
export class GroupWriter {
  private bytes = Buffer.allocUnsafeSlow(FIRST_ROOM);
  private at = 0;

  /** Begins a group; what `finish` gave before is no longer valid. */
  start(): void {
    this.at = 0;
  }

  /** A value that comes in the place of another, or of none. */
  replaced(key: string, before: Versioned | undefined, after: Versioned): void {
    const { value } = after;
    const change = before === undefined ? undefined : changeBetween(before.value, value);
    this.begin(key, before?.version, after.version, value.length);
    if (change === undefined) {
      this.byte(WHOLE);
      this.uint32(value.length);
      this.copy(value, 0, value.length);
      return;
    }
    const newAt = change.head + change.before;
    const newEnd = value.length - change.after;
    this.byte(CHANGED);
    this.uint32(change.head);
    this.uint32(change.before);
    this.uint32(change.after);
    this.uint32(newEnd - newAt);
    this.copy(value, 0, change.head);
    this.copy(value, newAt, newEnd);
  }

  removed(key: string, before: Versioned): void {
    this.begin(key, before.version, NO_VERSION, 0);
    this.byte(REMOVED);
  }

  /** The group, valid until the next one is started. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  private begin(key: string, before: number | undefined, after: number, valueLength: number): void {
    this.ensure(HEAD_ROOM + key.length * MOST_BYTES_A_CHARACTER + valueLength);
    const keyLength = this.bytes.write(key, this.at + 2);
    this.at = this.bytes.writeUInt16LE(keyLength, this.at) + keyLength;
    this.at = this.bytes.writeDoubleLE(before ?? NO_VERSION, this.at);
    this.at = this.bytes.writeDoubleLE(after, this.at);
  }

  private byte(value: number): void {
    this.at = this.bytes.writeUInt8(value, this.at);
  }

  private uint32(value: number): void {
    this.at = this.bytes.writeUInt32LE(value, this.at);
  }

  private copy(from: Buffer, start: number, end: number): void {
    const { bytes, at } = this;
    if (end - start > FEW) bytes.set(from.subarray(start, end), at);
    // For a few bytes a view of them would cost more than they do.
    else for (let i = start; i < end; i++) bytes[at + i - start] = from[i] ?? 0;
    this.at += end - start;
  }

  private ensure(room: number): void {
    if (this.at + room <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow((this.at + room) * 2);
    larger.set(this.finish());
    this.bytes = larger;
  }
}

/** One update of a group, as it was journalled. */
export interface JournalledUpdate {
  readonly key: string;
  /** The version that it replaced; NO_VERSION: none. */
  readonly before: number;
  /** The version that it wrote; NO_VERSION: it removed the value. */
  readonly after: number;
  /** The new value, undefined if it was removed. @param old the value of version `before` */
  valueAfter(old: Uint8Array | undefined): Buffer | undefined;
}

/** The updates of a group in the order in which they were made. */
export function* readGroup(group: Buffer): Generator<JournalledUpdate> {
  let at = 0;
  while (at < group.length) {
    const keyLength = group.readUInt16LE(at);
    const key = group.toString('utf8', at + 2, at + 2 + keyLength);
    at += 2 + keyLength;
    const before = group.readDoubleLE(at);
    const after = group.readDoubleLE(at + 8);
    const kind = group[at + 16];
    at += 17;
    if (kind === REMOVED) {
      yield { key, before, after, valueAfter: () => undefined };
    } else if (kind === WHOLE) {
      const start = at + 4;
      at = start + group.readUInt32LE(at);
      const value = group.subarray(start, at);
      yield { key, before, after, valueAfter: () => ownMemory(value) };
    } else {
      const change: Change = {
        head: group.readUInt32LE(at),
        before: group.readUInt32LE(at + 4),
        after: group.readUInt32LE(at + 8),
      };
      const start = at + 16;
      const middleAt = start + change.head;
      const end = middleAt + group.readUInt32LE(at + 12);
      const head = group.subarray(start, middleAt);
      const middle = group.subarray(middleAt, end);
      at = end;
      yield { key, before, after, valueAfter: (old = NOTHING) => changed(old, change, head, middle) };
    }
  }
}

const REMOVED = 0;
const WHOLE = 1;
const CHANGED = 2;

const NOTHING = new Uint8Array(0);
const FIRST_ROOM = 65_536;
const FEW = 64;
/** All of an update but its key and its value. */
const HEAD_ROOM = 2 + 8 + 8 + 1 + 16;
const MOST_BYTES_A_CHARACTER = 3;
