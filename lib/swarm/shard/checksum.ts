import { byteAt } from './bytes.js';

/**
 * Updates a CRC-32 (as node:zlib computes it) after a few bytes have changed, from the checksum
 * before. The time does not grow with the length of the rest.
 *
 * A CRC is linear: the checksums of two texts of one length differ by the remainder of the texts'
 * difference, a polynomial over GF(2). Only the changed bytes contribute to it; the bytes behind
 * them multiply it by a power of x. Polynomials are numbers whose highest bit is x^0.
 */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;
const X_TO_THE_8 = 0x00800000;
/** The update works with fewer bytes than this behind the change. */
export const MAX_BYTES_AFTER = 65_536;

/**
 * The checksum after `length` bytes at `at` in `before` were replaced with those in `after`.
 * @param checksum of the bytes as they were
 * @param afterAt offset of the new bytes in `after`
 * @param behind how many bytes come after the changed ones, less than MAX_BYTES_AFTER
 */
export function checksumAfter(
  checksum: number,
  before: Uint8Array,
  at: number,
  after: Uint8Array,
  afterAt: number,
  length: number,
  behind: number,
): number {
  let remainder = 0;
  for (let i = 0; i < length; i++) {
    const difference = byteAt(before, at + i) ^ byteAt(after, afterAt + i);
    remainder = (REMAINDERS[(remainder ^ difference) & 255] as number) ^ (remainder >>> 8);
  }
  remainder = product(remainder, POWERS_OF_A_BYTE[behind & 255] as number);
  remainder = product(remainder, POWERS_OF_256_BYTES[behind >>> 8] as number);
  return (checksum ^ remainder) >>> 0;
}

/** The remainder of the product of two polynomials. */
function product(a: number, b: number): number {
  let sum = 0;
  for (let rest = a | 0; rest !== 0; rest <<= 1) {
    if (rest < 0) sum ^= b;
    b = (b & 1) === 0 ? b >>> 1 : (b >>> 1) ^ POLYNOMIAL;
  }
  return sum;
}

/** `count` powers of a polynomial, from that with exponent 0 on. */
function powers(base: number, count: number): Int32Array {
  const table = new Int32Array(count);
  table[0] = ONE;
  for (let i = 1; i < count; i++) table[i] = product(table[i - 1] as number, base);
  return table;
}

/** For every byte, its remainder with eight bits behind it. */
const REMAINDERS = Int32Array.from({ length: 256 }, (_, byte) => product(byte, X_TO_THE_8));
const POWERS_OF_A_BYTE = powers(X_TO_THE_8, 256);
const POWERS_OF_256_BYTES = powers(product(POWERS_OF_A_BYTE[255] as number, X_TO_THE_8), 256);
