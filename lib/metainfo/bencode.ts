/** A bencoded value. Keys of dictionaries are Latin-1, so that none of their bytes is lost. */
export type Bencoded = number | Buffer | readonly Bencoded[] | ReadonlyMap<string, Bencoded>;

/** What was to be bencoding is none. */
export class BencodeError extends Error {
  override readonly name = 'BencodeError';
}

/**
 * Reads one bencoded dictionary (BEP 3), e.g. the reply of a tracker. Byte strings are slices of
 * `bytes`.
 * @throws BencodeError if it is anything else, or something follows it
 */
export function decodeDictionary(bytes: Buffer): ReadonlyMap<string, Bencoded> {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (!isDictionary(value) || !reader.isAtEnd) throw new BencodeError('no bencoded dictionary');
  return value;
}

/**
 * The encoded values of a dictionary, byte for byte as they came: a hash is over these.
 * @throws BencodeError as decodeDictionary
 */
export function encodedValues(bytes: Buffer): ReadonlyMap<string, Buffer> {
  decodeDictionary(bytes);
  return new Reader(bytes).slices();
}

export function isDictionary(value: Bencoded | undefined): value is ReadonlyMap<string, Bencoded> {
  return value instanceof Map;
}

class Reader {
  private at = 0;
  private depth = 0;

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
        return new Map(this.items(() => [this.key(), this.value()] as const));
      default:
        return this.byteString();
    }
  }

  /** Of a dictionary that is known to be one. */
  slices(): Map<string, Buffer> {
    return new Map(
      this.items(() => {
        const key = this.key();
        const from = this.at;
        this.value();
        return [key, this.bytes.subarray(from, this.at)] as const;
      }),
    );
  }

  private items<T>(read: () => T): T[] {
    // Each level takes some of the stack.
    if (++this.depth > MAX_DEPTH) throw new BencodeError('nested too deep');
    const items: T[] = [];
    this.at += 1;
    while (this.bytes[this.at] !== LETTER_E) items.push(read());
    this.at += 1;
    this.depth -= 1;
    return items;
  }

  private key(): string {
    return this.byteString().toString('latin1');
  }

  private byteString(): Buffer {
    const length = this.numberUpTo(':');
    if (length < 0 || this.at + length > this.bytes.length) throw new BencodeError('cut short');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  private numberUpTo(mark: string): number {
    // The mark comes soon or not at all: what has none is not searched to its end for each number.
    const end = this.bytes.subarray(this.at, this.at + MAX_DIGITS + 2).indexOf(mark, 0, 'latin1');
    const text = end < 0 ? '' : this.bytes.toString('latin1', this.at, this.at + end);
    if (!/^-?\d{1,15}$/.test(text)) throw new BencodeError('no bencoding');
    this.at += end + 1;
    return Number(text);
  }
}

const LETTER_E = 0x65;
/** Of file trees of BEP 52 each folder is a level. */
const MAX_DEPTH = 256;
/** All integers of so many digits are exact. */
const MAX_DIGITS = 15;
