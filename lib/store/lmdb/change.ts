/**
 * The difference between a value and the one that replaces it, as bytes: a head that is given in full, then what both have in common, what
 * is new, and what both have in common again.
 *
 *     old   head | common ......... | replaced | common .....
 *     new   head | common ......... | new bytes ... | common .....
 *
 * One record that was put into a sorted value, or written over there, is little more than that record. Any two values have a
 * difference; the worst one is as long as the new value.
 */
export interface Change {
  /** Length of the head, which is not compared: values begin with checksums and counts, which always change. */
  readonly head: number;
  /** Bytes in common behind the head. */
  readonly before: number;
  /** Bytes in common at the end. */
  readonly after: number;
}

export function changeBetween(old: Buffer, next: Buffer): Change {
  const shorter = Math.min(old.length, next.length);
  const head = Math.min(HEAD, shorter);
  const before = common(old, head, next, head, shorter - head, UP);
  return { head, before, after: commonAfter(old, next, shorter - head - before) };
}

/** The new value, from the old one and the two parts of the new one that a change is made of. */
export function changed(
  old: Uint8Array,
  { head, before, after }: Change,
  newHead: Uint8Array,
  middle: Uint8Array,
): Buffer {
  // Of its own memory: a value may be kept for long, and a slice would keep all that it is a slice of.
  const next = Buffer.allocUnsafeSlow(head + before + middle.length + after);
  next.set(newHead, 0);
  next.set(old.subarray(head, head + before), head);
  next.set(middle, head + before);
  next.set(old.subarray(old.length - after), next.length - after);
  return next;
}

/** How many bytes two values have in common at their ends, at most `most`. */
function commonAfter(a: Buffer, b: Buffer, most: number): number {
  // Where something was put in that is all.
  if (most > FEW && isSame(a, a.length - most, b, b.length - most, most)) return most;
  return common(a, a.length, b, b.length, most, DOWN);
}

/** How many bytes two values have in common from a place on, up from it or down to it, at most `most`: by halving, as one comparison costs much. */
function common(a: Buffer, aAt: number, b: Buffer, bAt: number, most: number, way: Way): number {
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
  while (room > 0 && a[aAt + first + way * length] === b[bAt + first + way * length]) {
    length++;
    room--;
  }
  return length;
}

function isSame(a: Buffer, aAt: number, b: Buffer, bAt: number, length: number): boolean {
  return a.compare(b, bAt, bAt + length, aAt, aAt + length) === 0;
}

const HEAD = 20;

const UP = 1;
const DOWN = -1;
type Way = typeof UP | typeof DOWN;

/** A comparison by the runtime costs as much as a hundred of our own, however long it is. */
const FEW = 128;
