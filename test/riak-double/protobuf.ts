/**
 * A small protobuf codec: as much of it as Riak's messages need (varints, zigzag varints, bytes,
 * nested messages). It shares no code with the client under test, so a mistake of one is not hidden
 * by the same mistake of the other. Integers are JavaScript numbers: exact up to 2^52, which is
 * more than any message of Riak needs in a test.
 */

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** The bytes are not the protobuf message they should be. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

class Reader {
  position = 0;

  constructor(private readonly bytes: Buffer) {}

  get done(): boolean {
    return this.position >= this.bytes.length;
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i += 1) {
      const byte = this.bytes[this.position];
      if (byte === undefined) throw new ProtobufError('a varint ends early');
      this.position += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new ProtobufError('a varint is longer than 10 bytes');
  }

  delimited(): Buffer {
    return this.take(this.varint());
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint();
    else if (wireType === LENGTH_DELIMITED) this.delimited();
    else if (wireType === FIXED64) this.take(8);
    else if (wireType === FIXED32) this.take(4);
    else throw new ProtobufError(`wire type ${wireType}`);
  }

  private take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.bytes.length) throw new ProtobufError('a field ends early');
    const taken = this.bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }
}

class Writer {
  private buffer = Buffer.allocUnsafe(128);
  private length = 0;

  varint(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.length] = (rest % 128) | 0x80;
      this.length += 1;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.length] = rest;
    this.length += 1;
  }

  tag(number: number, wireType: number): void {
    this.varint(number * 8 + wireType);
  }

  delimited(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  finish(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}

/** A field of a message: how it is read into and written from a value of type T. */
export interface Field<T> {
  readonly number: number;
  readonly wireType: number;
  /** `earlier` is what the same field has held so far; only a repeated one keeps it. */
  read(reader: Reader, earlier: T | undefined): T;
  write(writer: Writer, value: T): void;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** A decoded message: a field that is not in the bytes is not in the value. */
export type MessageValue<F extends Fields> = {
  -readonly [K in keyof F]?: (F[K] extends Field<infer T> ? T : never) | undefined;
};

export interface Message<F extends Fields> {
  /** Unknown fields are skipped. Throws a ProtobufError if the bytes are no message. */
  decode(bytes: Buffer): MessageValue<F>;
  /** Writes the fields in the order of the message's definition. */
  encode(value: MessageValue<F>): Buffer;
}

function varintField<T>(
  number: number,
  fromNumber: (n: number) => T,
  toNumber: (value: T) => number,
): Field<T> {
  return {
    number,
    wireType: VARINT,
    read: (reader) => fromNumber(reader.varint()),
    write(writer, value) {
      writer.tag(number, VARINT);
      writer.varint(toNumber(value));
    },
  };
}

/** uint32, uint64 and enums. */
export function uint(number: number): Field<number> {
  return varintField(
    number,
    (n) => n,
    (value) => value,
  );
}

/** sint64: small magnitudes are short, whatever their sign. */
export function sint(number: number): Field<number> {
  return varintField(
    number,
    (n) => (n % 2 === 0 ? n / 2 : -(n + 1) / 2),
    (value) => (value >= 0 ? value * 2 : -value * 2 - 1),
  );
}

export function bool(number: number): Field<boolean> {
  return varintField(
    number,
    (n) => n !== 0,
    (value) => (value ? 1 : 0),
  );
}

export function bytes(number: number): Field<Buffer> {
  return {
    number,
    wireType: LENGTH_DELIMITED,
    read: (reader) => reader.delimited(),
    write(writer, value) {
      writer.tag(number, LENGTH_DELIMITED);
      writer.delimited(value);
    },
  };
}

export function nested<F extends Fields>(number: number, inner: Message<F>): Field<MessageValue<F>> {
  return {
    number,
    wireType: LENGTH_DELIMITED,
    read: (reader) => inner.decode(reader.delimited()),
    write(writer, value) {
      writer.tag(number, LENGTH_DELIMITED);
      writer.delimited(inner.encode(value));
    },
  };
}

export function repeated<T>(field: Field<T>): Field<T[]> {
  return {
    number: field.number,
    wireType: field.wireType,
    read(reader, earlier = []) {
      earlier.push(field.read(reader, undefined));
      return earlier;
    },
    write(writer, values) {
      for (const value of values) field.write(writer, value);
    },
  };
}

export function message<F extends Fields>(fields: F): Message<F> {
  const named = Object.entries<Field<unknown>>(fields);
  const byNumber = new Map(named.map(([name, field]) => [field.number, { name, field }]));
  return {
    decode(input) {
      const reader = new Reader(input);
      const value: Record<string, unknown> = {};
      while (!reader.done) {
        const tag = reader.varint();
        const wireType = tag & 7;
        const known = byNumber.get(tag >>> 3);
        if (known?.field.wireType === wireType) {
          value[known.name] = known.field.read(reader, value[known.name]);
        } else {
          reader.skip(wireType);
        }
      }
      return value as MessageValue<F>;
    },
    encode(value) {
      const writer = new Writer();
      const values: Readonly<Record<string, unknown>> = value;
      for (const [name, field] of named) {
        if (values[name] !== undefined) field.write(writer, values[name]);
      }
      return writer.finish();
    },
  };
}
