/**
 * The few terms of Erlang's external format that index continuations are made of: a binary, or a
 * pair of a binary or integer and a binary.
 */

const VERSION = 131;
const SMALL_INTEGER = 97;
const INTEGER = 98;
const SMALL_TUPLE = 104;
const BINARY = 109;
const SMALL_BIG = 110;

export type Term = Buffer | number | readonly Term[];

/** The bytes are no term, or none of the few that are known here. */
export class TermError extends Error {
  override readonly name = 'TermError';
}

export function encodeTerm(term: Term): Buffer {
  return Buffer.concat([Buffer.of(VERSION), encodeInner(term)]);
}

function encodeInner(term: Term): Buffer {
  if (Buffer.isBuffer(term)) {
    const head = Buffer.of(BINARY, 0, 0, 0, 0);
    head.writeUInt32BE(term.length, 1);
    return Buffer.concat([head, term]);
  }
  if (typeof term === 'number') return encodeInteger(term);
  return Buffer.concat([Buffer.of(SMALL_TUPLE, term.length), ...term.map(encodeInner)]);
}

function encodeInteger(value: number): Buffer {
  if (value >= 0 && value < 256) return Buffer.of(SMALL_INTEGER, value);
  if (value === (value | 0)) {
    const bytes = Buffer.of(INTEGER, 0, 0, 0, 0);
    bytes.writeInt32BE(value, 1);
    return bytes;
  }
  const digits: number[] = [];
  for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) digits.push(rest % 256);
  return Buffer.of(SMALL_BIG, digits.length, value < 0 ? 1 : 0, ...digits);
}

/** Throws a TermError. */
export function decodeTerm(bytes: Buffer): Term {
  if (bytes[0] !== VERSION) throw new TermError('no external term');
  try {
    const { term, rest } = decodeInner(bytes.subarray(1));
    if (rest.length > 0) throw new TermError('bytes after the term');
    return term;
  } catch (cause) {
    if (cause instanceof RangeError) throw new TermError('the term ends early', { cause });
    throw cause;
  }
}

function decodeInner(bytes: Buffer): { term: Term; rest: Buffer } {
  switch (bytes.readUInt8(0)) {
    case SMALL_INTEGER:
      return { term: bytes.readUInt8(1), rest: bytes.subarray(2) };
    case INTEGER:
      return { term: bytes.readInt32BE(1), rest: bytes.subarray(5) };
    case SMALL_BIG: {
      const end = 3 + bytes.readUInt8(1);
      if (end > bytes.length) throw new TermError('an integer ends early');
      const size = bytes.subarray(3, end).reduceRight((sum, digit) => sum * 256 + digit, 0);
      return { term: bytes.readUInt8(2) === 1 ? -size : size, rest: bytes.subarray(end) };
    }
    case BINARY: {
      const end = 5 + bytes.readUInt32BE(1);
      if (end > bytes.length) throw new TermError('a binary ends early');
      return { term: bytes.subarray(5, end), rest: bytes.subarray(end) };
    }
    case SMALL_TUPLE: {
      const terms: Term[] = [];
      let rest = bytes.subarray(2);
      for (let i = bytes.readUInt8(1); i > 0; i -= 1) {
        const element = decodeInner(rest);
        terms.push(element.term);
        rest = element.rest;
      }
      return { term: terms, rest };
    }
    default:
      throw new TermError(`unknown tag ${bytes.readUInt8(0)}`);
  }
}
