/** Bytes of an IPv4 address. */
const V4_LENGTH = 4;
/** Bytes of an IPv6 address. */
const V6_LENGTH = 16;
const V6_GROUPS = 8;

const DIGIT_ZERO = 0x30;
const DOT = 0x2e;
const COLON = 0x3a;

/** How a dual-stack socket writes an IPv4 client's address, which is most of them. */
const MAPPED = '::ffff:';

/**
 * An address in text as bytes in network order: 4 of an IPv4 address, 16 of an IPv6 one. An
 * IPv4-mapped IPv6 address (`::ffff:192.0.2.1`, as a dual-stack socket reports an IPv4 client)
 * becomes the IPv4 address, so one peer has one address. The zone of an IPv6 address (`%eth0`) is
 * dropped: it means nothing to other hosts.
 * @returns undefined for any other text; parts of an IPv4 address have no leading zeros (some read
 *   those as octal)
 */
export function parseAddress(text: string): Uint8Array | undefined {
  return (
    parseV4(text, 0) ?? (text.startsWith(MAPPED) ? parseV4(text, MAPPED.length) : undefined) ?? parseV6(text)
  );
}

function parseV4(text: string, start: number): Uint8Array | undefined {
  let address = 0;
  let parts = 0;
  let value = 0;
  let digits = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || ++parts === V4_LENGTH) return undefined;
      address = (address << 8) | value;
      value = 0;
      digits = 0;
      continue;
    }
    const digit = code - DIGIT_ZERO;
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return undefined;
    value = value * 10 + digit;
    digits++;
    if (value > 255) return undefined;
  }
  if (digits === 0 || parts !== V4_LENGTH - 1) return undefined;
  const bytes = new Uint8Array(V4_LENGTH);
  for (let i = 0; i < V4_LENGTH - 1; i++) bytes[i] = address >> (8 * (V4_LENGTH - 2 - i));
  bytes[V4_LENGTH - 1] = value;
  return bytes;
}

function parseV6(textWithZone: string): Uint8Array | undefined {
  const zone = textWithZone.indexOf('%');
  if (zone === textWithZone.length - 1) return undefined;
  const text = zone < 0 ? textWithZone : textWithZone.slice(0, zone);

  const bytes = new Uint8Array(V6_LENGTH);
  let length = 0;
  /** How many bytes come before the `::`; undefined until there is one. */
  let gap: number | undefined;
  let at = 0;
  if (text.startsWith('::')) {
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    if (length === V6_LENGTH) return undefined;
    const colon = text.indexOf(':', at);
    const end = colon < 0 ? text.length : colon;
    if (colon < 0 && text.includes('.', at)) {
      const tail = parseV4(text, at);
      if (tail === undefined || length > V6_LENGTH - V4_LENGTH) return undefined;
      bytes.set(tail, length);
      length += V4_LENGTH;
      break;
    }
    const group = parseGroup(text, at, end);
    if (group === undefined) return undefined;
    bytes[length++] = group >> 8;
    bytes[length++] = group & 0xff;
    if (colon < 0) break;
    at = colon + 1;
    if (text.charCodeAt(at) === COLON) {
      if (gap !== undefined) return undefined;
      gap = length;
      at++;
    } else if (at === text.length) {
      return undefined;
    }
  }
  if (gap === undefined) {
    if (length !== V6_LENGTH) return undefined;
  } else {
    // A `::` stands for at least one group of zeros.
    if (length === V6_LENGTH) return undefined;
    bytes.copyWithin(V6_LENGTH - (length - gap), gap, length);
    bytes.fill(0, gap, V6_LENGTH - (length - gap));
  }
  return isV4Mapped(bytes) ? bytes.slice(V6_LENGTH - V4_LENGTH) : bytes;
}

/** One to four hexadecimal digits. */
function parseGroup(text: string, start: number, end: number): number | undefined {
  if (start === end || end - start > 4) return undefined;
  let group = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    const lower = code | 0x20;
    if (code >= DIGIT_ZERO && code <= 0x39) group = group * 16 + code - DIGIT_ZERO;
    else if (lower >= 0x61 && lower <= 0x66) group = group * 16 + lower - 0x61 + 10;
    else return undefined;
  }
  return group;
}

/**
 * An address as text: dotted decimal, or for IPv6 the form of RFC 5952 (lower case, no leading
 * zeros, the first longest run of at least two zero groups as `::`, an IPv4-mapped address with its
 * IPv4 part in dotted decimal).
 * @param bytes 4 or 16 bytes
 * @throws RangeError for any other length
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === V4_LENGTH) return bytes.join('.');
  if (bytes.length !== V6_LENGTH) throw new RangeError('an address has 4 or 16 bytes');
  if (isV4Mapped(bytes)) return `::ffff:${bytes.subarray(V6_LENGTH - V4_LENGTH).join('.')}`;
  const groups: number[] = [];
  for (let i = 0; i < V6_GROUPS; i++) groups.push(((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function hex(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, i) => {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: i + 1 - length, length };
  });
  return longest;
}

function isV4Mapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}
