import { expect } from 'chai';

/**
 * A bencoded value; a dictionary is the list of its entries, so that the order and the bytes of its
 * keys are seen.
 */
export type Bencoded = number | Buffer | Bencoded[] | Map<string, Bencoded>;

/**
 * Reads bencoding and fails on anything that is not canonical: keys out of byte order or twice, a
 * number or a length with leading zeros, bytes after the end. Keys are given in hex. The decoder of
 * the npm package lets these pass.
 */
export function decodeCanonical(bytes: Buffer): Bencoded {
  let at = 0;

  function upTo(character: string): string {
    const end = bytes.indexOf(character, at, 'latin1');
    const text = bytes.toString('latin1', at, end);
    at = end + 1;
    expect(text).to.match(/^(0|[1-9][0-9]*)$/);
    return text;
  }

  function byteString(): Buffer {
    const length = Number(upTo(':'));
    at += length;
    expect(at).to.be.at.most(bytes.length);
    return bytes.subarray(at - length, at);
  }

  function value(): Bencoded {
    switch (String.fromCharCode(bytes[at] ?? 0)) {
      case 'i':
        at++;
        return Number(upTo('e'));
      case 'l': {
        at++;
        const items: Bencoded[] = [];
        while (bytes[at] !== 0x65) items.push(value());
        at++;
        return items;
      }
      case 'd': {
        at++;
        const entries = new Map<string, Bencoded>();
        let last: Buffer | undefined;
        while (bytes[at] !== 0x65) {
          const key = byteString();
          if (last !== undefined) expect(Buffer.compare(last, key)).to.equal(-1);
          last = key;
          entries.set(key.toString('hex'), value());
        }
        at++;
        return entries;
      }
      default:
        return byteString();
    }
  }

  const decoded = value();
  expect(at).to.equal(bytes.length);
  return decoded;
}

/** The text keys of a dictionary, in the order they were sent. */
export function keysOf(decoded: Bencoded | undefined): string[] {
  if (!(decoded instanceof Map)) return expect.fail('not a dictionary');
  return [...decoded.keys()].map((key) => Buffer.from(key, 'hex').toString('latin1'));
}
