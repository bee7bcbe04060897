/**
 * The keys of a bucket in byte order, so that a page of a key range costs what the page holds and
 * not what the bucket holds.
 */
export class SortedKeys {
  /** Lower-case hex, whose order is the order of the bytes. */
  private readonly keys: string[] = [];

  add(key: string): void {
    const index = this.lowerBound(key);
    if (this.keys[index] !== key) this.keys.splice(index, 0, key);
  }

  delete(key: string): void {
    const index = this.lowerBound(key);
    if (this.keys[index] === key) this.keys.splice(index, 1);
  }

  get size(): number {
    return this.keys.length;
  }

  /** Keys from `from` (itself included) upwards, in order. */
  *from(from: string): Generator<string> {
    for (let index = this.lowerBound(from); index < this.keys.length; index += 1) {
      const key = this.keys[index];
      if (key !== undefined) yield key;
    }
  }

  private lowerBound(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
