/** A bencoded value. Keys of dictionaries are Latin-1, so that none of their bytes is lost. */
export type Bencoded = number | Buffer | readonly Bencoded[] | ReadonlyMap<string, Bencoded>;

/** What was to be bencoding is none. */
export class BencodeError extends Error {
  override readonly name = 'BencodeError';
}

/**
 * Reads a reply of a tracker.
 * @throws BencodeError if it is anything but one bencoded dictionary (BEP 3)
 */
export function decodeReply(bytes: Buffer): ReadonlyMap<string, Bencoded> {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (!isDictionary(value) || !reader.isAtEnd) throw new BencodeError('the reply is no bencoded dictionary');
  return value;
}

export function isDictionary(value: Bencoded | undefined): value is ReadonlyMap<string, Bencoded> {
  return value instanceof Map;
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  value(): Bencoded {
    switch (String.fromCharCode(this.bytes[this.at] ?? 0)) {
      case 'i':
        this.at += 1;
        return this.numberUpTo('e');
      case 'l':
        return this.items(() => this.value());
      case 'd':
        return new Map(this.items(() => [this.byteString().toString('latin1'), this.value()] as const));
      default:
        return this.byteString();
    }
  }

  private items<T>(read: () => T): T[] {
    const items: T[] = [];
    this.at += 1;
    while (this.bytes[this.at] !== LETTER_E) items.push(read());
    this.at += 1;
    return items;
  }

  private byteString(): Buffer {
    const length = this.numberUpTo(':');
    if (length < 0 || this.at + length > this.bytes.length) throw new BencodeError('the reply is cut short');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  private numberUpTo(mark: string): number {
    const end = this.bytes.indexOf(mark, this.at, 'latin1');
    const text = end < 0 ? '' : this.bytes.toString('latin1', this.at, end);
    if (!/^-?\d{1,15}$/.test(text)) throw new BencodeError('the reply is no bencoding');
    this.at = end + 1;
    return Number(text);
  }
}

const LETTER_E = 0x65;
