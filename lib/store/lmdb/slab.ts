/** Bytes that are read are copied into pieces of this size: one allocation for some hundred shards. */
const SIZE = 1024 * 1024;

/**
 * Memory for values that are looked at and forgotten: most reads are of a shard that is about to be replaced. Whoever keeps a value keeps the whole piece, so
 * what is kept for long is copied once more.
 */
export class Slab {
  #piece = Buffer.alloc(0);
  #at = 0;

  copy(bytes: Buffer): Buffer {
    const { length } = bytes;
    if (this.#at + length > this.#piece.length) {
      this.#piece = Buffer.allocUnsafeSlow(Math.max(SIZE, length));
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += length;
    this.#piece.set(bytes, start);
    return this.#piece.subarray(start, this.#at);
  }
}
