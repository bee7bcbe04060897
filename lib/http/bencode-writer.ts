const DIGIT_ZERO = 0x30;
const COLON = 0x3a;
const LETTER_E = 0x65;

/** Room that one integer needs at most: 16 digits and the closing `e`. */
export const INTEGER_ROOM = 17;
/** Room that the length of a byte string needs at most: 16 digits and the colon. */
export const LENGTH_ROOM = 17;

/** A fixed piece of bencoded text, as bytes, to be made once. ASCII only. */
export function fixed(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/**
 * Fills one buffer from front to back with fixed pieces and the values between them. The caller
 * gives the order of the keys, so canonical bencoding (sorted keys) is the caller's affair; what
 * this saves is sorting, measuring and joining small pieces for each reply.
 */
export class BencodeWriter {
  private readonly buffer: Buffer;
  private at = 0;

  /** @param room bytes to set aside: no less than will be written */
  constructor(room: number) {
    this.buffer = Buffer.allocUnsafe(room);
  }

  /** Appends a piece as it is. */
  raw(bytes: Uint8Array): this {
    const { buffer, at } = this;
    // They are short: a loop beats the call that `set` is.
    for (let i = 0; i < bytes.length; i++) buffer[at + i] = bytes[i] ?? 0;
    this.at += bytes.length;
    return this;
  }

  /**
   * Appends the digits of an integer and the `e` that ends it; the `i` belongs to the piece before.
   * @param value a non-negative safe integer
   * @throws RangeError for anything else
   */
  integer(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('not a non-negative safe integer');
    this.digits(value);
    this.buffer[this.at++] = LETTER_E;
    return this;
  }

  /** Appends a byte string with its length in front. */
  bytes(bytes: Uint8Array): this {
    this.digits(bytes.length);
    this.buffer[this.at++] = COLON;
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  /** What was written. The writer is of no use afterwards. */
  finish(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  private digits(value: number): void {
    const { buffer } = this;
    let count = 1;
    for (let bound = 10; bound <= value; bound *= 10) count++;
    let rest = value;
    for (let at = this.at + count - 1; at >= this.at; at--) {
      const tenth = Math.floor(rest / 10);
      // The brackets matter: the sum with `rest` first would lose the last digit of the largest
      // integers.
      buffer[at] = DIGIT_ZERO + (rest - tenth * 10);
      rest = tenth;
    }
    this.at += count;
  }
}
