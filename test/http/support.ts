import { expect } from 'chai';
import fc from 'fast-check';
import { ClientError } from '../../lib/bittorrent/errors.js';

/** How a client may write one byte of a query: `raw` where it can be. */
export type Style = 'raw' | 'upper' | 'lower';

/** Bytes that a query cannot show as themselves: the separator, the escape and the plus sign. */
const RESERVED = new Set(['&', '%', '+'].map((character) => character.charCodeAt(0)));

/** The bytes as query text; `style(i)` says how byte i is written. */
export function escapeBytes(bytes: Uint8Array, style: (index: number) => Style = () => 'lower'): string {
  return Array.from(bytes, (byte, i) => escapeByte(byte, style(i))).join('');
}

function escapeByte(byte: number, style: Style): string {
  if (style === 'raw' && byte < 0x80 && !RESERVED.has(byte)) return String.fromCharCode(byte);
  const hex = byte.toString(16).padStart(2, '0');
  return `%${style === 'lower' ? hex : hex.toUpperCase()}`;
}

/** 20 random bytes with a random way to write each. */
export function escapedHash(): fc.Arbitrary<{ bytes: Buffer; text: string }> {
  const style = fc.constantFrom<Style>('raw', 'upper', 'lower');
  return fc
    .tuple(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.array(style, { minLength: 20, maxLength: 20 }))
    .map(([bytes, styles]) => ({
      bytes: Buffer.from(bytes),
      text: escapeBytes(bytes, (i) => styles[i] ?? 'lower'),
    }));
}

/**
 * Text that is likely to be taken for a query: known names, separators, broken escapes and anything
 * else.
 */
export function queryLikeText(): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    'info_hash',
    'peer_id',
    'port',
    'left',
    'event',
    'numwant',
    'compact',
    'no_peer_id',
    'ip',
    '=',
    '&',
    '%',
    '%2',
    '%zz',
    '%00',
    '+',
    'a'.repeat(20),
    '6881',
    'started',
    '\u0000',
    '\u00e9',
    '\ud800',
  );
  return fc
    .array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 40 })
    .map((parts) => parts.join(''));
}

/** Runs something that must throw a ClientError, and returns that error. */
export function clientErrorOf(act: () => unknown): ClientError {
  try {
    act();
  } catch (error) {
    expect(error).to.be.instanceOf(ClientError);
    return error as ClientError;
  }
  return expect.fail('nothing was thrown');
}

/** Runs something that may throw a ClientError and nothing else. */
export function expectAtMostClientError(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    expect(error).to.be.instanceOf(ClientError);
  }
}
