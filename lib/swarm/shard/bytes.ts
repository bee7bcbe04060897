/** Byte access for loops that run once a peer. The cast: callers guarantee the bounds. */
export function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

/** Lexicographic order of two ranges of equal length: negative, zero or positive. */
export function compareRange(
  a: Uint8Array,
  aStart: number,
  b: Uint8Array,
  bStart: number,
  length: number,
): number {
  for (let i = 0; i < length; i++) {
    const difference = byteAt(a, aStart + i) - byteAt(b, bStart + i);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether two ranges of equal length have the same bytes. From the end: peer ids begin alike. */
export function isSameRange(
  a: Uint8Array,
  aStart: number,
  b: Uint8Array,
  bStart: number,
  length: number,
): boolean {
  for (let i = length - 1; i >= 0; i--) {
    if (byteAt(a, aStart + i) !== byteAt(b, bStart + i)) return false;
  }
  return true;
}

/** Copies a few bytes: a loop is faster than a call of Buffer.copy or TypedArray.set. */
export function copyBytes(
  from: Uint8Array,
  fromAt: number,
  to: Uint8Array,
  toAt: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) to[toAt + i] = byteAt(from, fromAt + i);
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    ((byteAt(bytes, at) << 24) |
      (byteAt(bytes, at + 1) << 16) |
      (byteAt(bytes, at + 2) << 8) |
      byteAt(bytes, at + 3)) >>>
    0
  );
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function readUint16(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
