const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const DIGIT_ZERO = 0x30;

/** What {@link QueryCursor.decodeValue} returns for a value that stands for no bytes. */
export const MALFORMED = -1;

/**
 * Walks the parameters of a raw query string, in order, in one pass. Names and values stay in place
 * until they are asked for, so a parameter that nobody knows costs nothing but its scan.
 *
 * Only `&` separates. The first `=` ends the name; a parameter without one has an empty value.
 * Names and values are bytes: `%xx` is one byte, `+` is a space, any other ASCII character is
 * itself. A truncated or non-hexadecimal escape and a raw character from 0x80 up stand for no byte:
 * such a name matches nothing, such a value is malformed.
 */
export class QueryCursor {
  /**
   * As UTF-8: what is not ASCII is bytes from 0x80 up. Bytes are read more quickly than the
   * characters of a string that was cut out of another.
   */
  private readonly query: Uint8Array;
  private nameStart = 0;
  private nameEnd = 0;
  private valueStart = 0;
  private valueEnd = 0;
  private nextStart = 0;

  /** @param query what follows the `?`, still escaped */
  constructor(query: string) {
    this.query = Buffer.from(query);
  }

  /** Moves to the next parameter; false when there is none. */
  next(): boolean {
    const { query } = this;
    if (this.nextStart >= query.length) return false;
    let at = this.nextStart;
    this.nameStart = at;
    while (at < query.length && query[at] !== EQUALS && query[at] !== AMPERSAND) at++;
    this.nameEnd = at;
    if (query[at] === EQUALS) at++;
    this.valueStart = at;
    while (at < query.length && query[at] !== AMPERSAND) at++;
    this.valueEnd = at;
    this.nextStart = at + 1;
    return true;
  }

  /** Whether the parameter's name, unescaped, is this ASCII text. */
  nameIs(text: string): boolean {
    return rangeIs(this.query, this.nameStart, this.nameEnd, text);
  }

  /** Whether the parameter's value, unescaped and without blanks around it, is this ASCII text. */
  valueIs(text: string): boolean {
    const { query, valueEnd } = this;
    const start = skipBlanks(query, this.valueStart, valueEnd);
    return rangeIs(query, start, trimBlanks(query, start, valueEnd), text);
  }

  /**
   * Writes the value's bytes to the start of `target`.
   * @returns how many bytes there are; `target.length + 1` for any number that does not fit; {@link
   *   MALFORMED} if the value stands for no bytes
   */
  decodeValue(target: Uint8Array): number {
    const { query, valueEnd } = this;
    let length = 0;
    for (let at = this.valueStart; at < valueEnd; at += widthAt(query, at)) {
      const byte = byteAt(query, at, valueEnd);
      if (byte < 0) return MALFORMED;
      if (length === target.length) return length + 1;
      target[length++] = byte;
    }
    return length;
  }

  /**
   * The value as a non-negative decimal integer, or undefined if it is anything else: a sign, a
   * point, an exponent, nothing at all. Leading zeros and blanks around it are fine; what is larger
   * than a safe integer becomes the largest one.
   */
  integerValue(): number | undefined {
    const { query, valueEnd } = this;
    const start = skipBlanks(query, this.valueStart, valueEnd);
    const end = trimBlanks(query, start, valueEnd);
    if (start === end) return undefined;
    let value = 0;
    for (let at = start; at < end; at += widthAt(query, at)) {
      const digit = byteAt(query, at, end) - DIGIT_ZERO;
      if (digit < 0 || digit > 9) return undefined;
      value = value * 10 + digit;
    }
    return Math.min(value, Number.MAX_SAFE_INTEGER);
  }

  /**
   * The value as ASCII text, or undefined if it is malformed, not ASCII or longer than `maxLength`.
   */
  textValue(maxLength: number): string | undefined {
    const { query, valueEnd } = this;
    let text = '';
    for (let at = this.valueStart; at < valueEnd; at += widthAt(query, at)) {
      const byte = byteAt(query, at, valueEnd);
      if (byte < 0 || byte >= 0x80 || text.length === maxLength) return undefined;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

/** Where the first byte is that is no blank. */
function skipBlanks(query: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(byteAt(query, at, end))) at += widthAt(query, at);
  return at;
}

/** The end without the blanks before it. */
function trimBlanks(query: Uint8Array, start: number, end: number): number {
  let to = end;
  while (to > start) {
    const width = to - start >= 3 && query[to - 3] === PERCENT ? 3 : 1;
    if (!isBlank(byteAt(query, to - width, to))) return to;
    to -= width;
  }
  return to;
}

/** What some clients leave around a number or a word: space, tab, line ends. */
function isBlank(byte: number): boolean {
  return byte === SPACE || (byte >= 0x09 && byte <= 0x0d);
}

function rangeIs(query: Uint8Array, start: number, end: number, text: string): boolean {
  // No byte takes less than a character.
  if (end - start < text.length) return false;
  let at = start;
  for (let i = 0; i < text.length; i++) {
    if (at >= end || byteAt(query, at, end) !== text.charCodeAt(i)) return false;
    at += widthAt(query, at);
  }
  return at === end;
}

/** How many characters stand for the byte at `at`. */
function widthAt(query: Uint8Array, at: number): number {
  return query[at] === PERCENT ? 3 : 1;
}

/** The byte that the characters at `at` stand for, or {@link MALFORMED}. */
function byteAt(query: Uint8Array, at: number, end: number): number {
  const code = query[at] ?? MALFORMED;
  if (code === PERCENT) {
    if (at + 2 >= end) return MALFORMED;
    const high = hexDigit(query[at + 1] ?? 0);
    const low = hexDigit(query[at + 2] ?? 0);
    return high < 0 || low < 0 ? MALFORMED : high * 16 + low;
  }
  if (code === PLUS) return SPACE;
  return code < 0x80 ? code : MALFORMED;
}

function hexDigit(code: number): number {
  if (code >= DIGIT_ZERO && code <= 0x39) return code - DIGIT_ZERO;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : MALFORMED;
}
