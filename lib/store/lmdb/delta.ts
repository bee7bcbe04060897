/**
 * The difference between a value and the one that replaces it: a head that is given in full, then
 * the bytes that both have in common, those that are new, and those in common at the end.
 *
 *     old   head | common ......... | replaced | common .....
 *     new   head | common ......... | new bytes ... | common .....
 *
 * One record put into a sorted value, or written over there, is little more than that record. Any
 * two values have a difference; the worst one is as long as the new value.
 */
export interface Delta {
  /** Length of the head. It is not compared: values begin with a checksum, which always changes. */
  readonly head: number;
  /** Bytes in common behind the head. */
  readonly before: number;
  /** Bytes in common at the end. */
  readonly after: number;
}

export function deltaBetween(old: Buffer, next: Buffer): Delta {
  const shorter = Math.min(old.length, next.length);
  const head = Math.min(HEAD, shorter);
  const before = common(old, head, next, head, shorter - head, UP);
  const most = shorter - head - before;
  // Where something was inserted the rest is the same.
  const isRest = most > FEW && isSame(old, old.length - most, next, next.length - most, most);
  return { head, before, after: isRest ? most : common(old, old.length, next, next.length, most, DOWN) };
}

/** The new value, from the old one and the two parts of the new one. Its memory is its own. */
export function applyDelta(
  old: Uint8Array,
  { head, before, after }: Delta,
  newHead: Uint8Array,
  middle: Uint8Array,
): Buffer {
  const next = Buffer.allocUnsafeSlow(head + before + middle.length + after);
  next.set(newHead, 0);
  next.set(old.subarray(head, head + before), head);
  next.set(middle, head + before);
  next.set(old.subarray(old.length - after), next.length - after);
  return next;
}

/**
 * How many bytes, at most `most`, two values have in common from a position on, up or
 * down. Found by halving, as a comparison costs much.
 */
function common(a: Buffer, aAt: number, b: Buffer, bAt: number, most: number, way: 1 | -1): number {
  let length = 0;
  let room = most;
  while (room > FEW) {
    const half = room >>> 1;
    const shift = way === UP ? length : -length - half;
    if (isSame(a, aAt + shift, b, bAt + shift, half)) {
      length += half;
      room -= half;
    } else {
      room = half;
    }
  }
  const first = way === UP ? 0 : -1;
  for (; room > 0 && a[aAt + first + way * length] === b[bAt + first + way * length]; room--) length++;
  return length;
}

function isSame(a: Buffer, aAt: number, b: Buffer, bAt: number, length: number): boolean {
  return a.compare(b, bAt, bAt + length, aAt, aAt + length) === 0;
}

const UP = 1;
const DOWN = -1;
const HEAD = 20;

/** A comparison by the runtime costs as much as a hundred of our own, however long it is. */
const FEW = 128;
