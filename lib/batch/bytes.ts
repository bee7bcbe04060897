/** A batch, or the answer to one, is not in the form of this version. */
export class BatchFormatError extends Error {
  override readonly name = 'BatchFormatError';
}

/** Reads numbers (big endian) and slices one after the other. */
export class ByteReader {
  private at = 0;

  constructor(private readonly source: Buffer) {}

  get left(): number {
    return this.source.length - this.at;
  }

  /** @throws BatchFormatError if there are fewer; so do all others */
  bytes(length: number): Buffer {
    const start = this.at;
    if (length > this.left) throw new BatchFormatError('a batch is cut off');
    this.at += length;
    return this.source.subarray(start, this.at);
  }

  u8(): number {
    return this.bytes(1).readUInt8();
  }

  u16(): number {
    return this.bytes(2).readUInt16BE();
  }

  u32(): number {
    return this.bytes(4).readUInt32BE();
  }

  /** A safe integer. */
  u64(): number {
    return this.u32() * 2 ** 32 + this.u32();
  }
}

/** Writes numbers (big endian) and bytes one after the other into as much room as was asked for. */
export class ByteWriter {
  readonly target: Buffer;
  private at = 0;

  constructor(length: number) {
    this.target = Buffer.allocUnsafe(length);
  }

  bytes(bytes: Uint8Array): this {
    this.target.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  u8(value: number): this {
    this.at = this.target.writeUInt8(value, this.at);
    return this;
  }

  u16(value: number): this {
    this.at = this.target.writeUInt16BE(value, this.at);
    return this;
  }

  u32(value: number): this {
    this.at = this.target.writeUInt32BE(value, this.at);
    return this;
  }

  /** @param value a safe integer, 0 or more */
  u64(value: number): this {
    return this.u32(Math.floor(value / 2 ** 32)).u32(value % 2 ** 32);
  }
}
