/** The ways in which clients write a byte string into a query. They all stand for the same bytes. */

/** Bytes to the value of a parameter. */
export type Escape = (bytes: Uint8Array) => string;

export const everyByte: Escape = (bytes) =>
  Buffer.from(bytes).toString('hex').toUpperCase().replace(/../g, '%$&');

const everyByteInLowerCase: Escape = (bytes) => everyByte(bytes).toLowerCase();

/** RFC 3986: letters, digits and -._~ as they are. */
const unlessUnreserved: Escape = (bytes) => escapeUnless(bytes, /[\w.~-]/);

/** As little as a query lets through, and a space as a plus sign, as HTML forms do. */
export const leastAndPlus: Escape = (bytes) => escapeUnless(bytes, /[\w.~!$'()*,/:;?@[\]^`{|}\\"<>=-]/, '+');

export const escapes: readonly Escape[] = [everyByte, everyByteInLowerCase, unlessUnreserved, leastAndPlus];

function escapeUnless(bytes: Uint8Array, plain: RegExp, space = '%20'): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (byte < 0x80 && plain.test(character)) text += character;
    else text += byte === 0x20 ? space : everyByte(Uint8Array.of(byte));
  }
  return text;
}
