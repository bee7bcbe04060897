/**
 * Memory for values that are kept for some seconds. Those are too many to be kept for good, and too old for what a garbage collector does cheaply: of every 64 MB
 * of them V8 would make a reason to look through the whole heap. Here the memory of a value that is freed is used again at once.
 *
 * Memory comes in pages, each cut into slots of one size; a page without values is cut anew for whatever size is asked for. A value stays
 * where it is, and its place is a number: the page, and the byte within it.
 *
 * Invariant: a place that was given out is not written to before it is freed or replaced; and as long as anybody holds the pool, not even then.
 */
export class ValuePool {
  readonly #pages: Page[] = [];
  /** Pages with free slots, by size class. */
  readonly #open: number[][] = [];
  /** Pages without values, of the usual length. */
  readonly #empty: number[] = [];
  /** Numbers of pages that are no more: they were longer than others. */
  readonly #gone: number[] = [];
  #holds = 0;
  #freedMeanwhile: number[] = [];

  /** Bytes of all pages, used or not. */
  get size(): number {
    return this.#pages.reduce((sum, { memory }) => sum + memory.length, 0);
  }

  /** Copies a value. @returns its place */
  copy(value: Uint8Array): number {
    const place = value.length > LONGEST_SLOT ? this.#longPage(value.length) : this.#slot(value.length);
    this.#pageOf(place).memory.set(value, place % PAGE);
    return place;
  }

  /** Copies a value in the place of another one, which is freed. @returns its place, the same if it fits and nobody holds the pool */
  replace(place: number, value: Uint8Array): number {
    const page = this.#pageOf(place);
    if (this.#holds > 0 || page.slotSize !== slotSizeFor(value.length)) {
      const other = this.copy(value);
      this.free(place);
      return other;
    }
    page.memory.set(value, place % PAGE);
    return place;
  }

  /** The bytes at a place, not copied: they are others as soon as the place is freed or replaced. */
  at(place: number, length: number): Buffer {
    const start = place % PAGE;
    return this.#pageOf(place).memory.subarray(start, start + length);
  }

  /** How much memory the value at a place takes. */
  sizeAt(place: number): number {
    return this.#pageOf(place).slotSize;
  }

  free(place: number): void {
    if (this.#holds > 0) this.#freedMeanwhile.push(place);
    else this.#release(place);
  }

  /** From now on all values stay as they are, freed or not, until `letGo` was called as often as this. */
  hold(): void {
    this.#holds++;
  }

  letGo(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    const freed = this.#freedMeanwhile;
    this.#freedMeanwhile = [];
    for (const place of freed) this.#release(place);
  }

  #pageOf(place: number): Page {
    return this.#pages[Math.floor(place / PAGE)] as Page;
  }

  #slot(length: number): number {
    const number = sizeClassOf(length);
    const open = (this.#open[number] ??= []);
    let at = open.at(-1);
    if (at === undefined) {
      at = this.#empty.pop() ?? this.#add(Buffer.allocUnsafeSlow(PAGE));
      (this.#pages[at] as Page).cut(slotSizeFor(length));
      open.push(at);
    }
    const page = this.#pages[at] as Page;
    const slot = page.take();
    if (page.isFull) open.pop();
    return at * PAGE + slot * page.slotSize;
  }

  /** A page of its own for a long value. */
  #longPage(length: number): number {
    const at = this.#add(Buffer.allocUnsafeSlow(length));
    (this.#pages[at] as Page).cut(length);
    return at * PAGE;
  }

  #add(memory: Buffer): number {
    const at = this.#gone.pop() ?? this.#pages.length;
    this.#pages[at] = new Page(memory);
    return at;
  }

  #release(place: number): void {
    const at = Math.floor(place / PAGE);
    const page = this.#pages[at] as Page;
    const { slotSize } = page;
    if (slotSize > LONGEST_SLOT) {
      this.#pages[at] = NO_PAGE;
      this.#gone.push(at);
      return;
    }
    const open = this.#open[sizeClassOf(slotSize)] as number[];
    if (page.isFull) open.push(at);
    page.give((place % PAGE) / slotSize);
    if (!page.isEmpty || open.length === 1) return;
    open.splice(open.indexOf(at), 1);
    this.#empty.push(at);
  }
}

/** A piece of memory in slots of one size. */
class Page {
  slotSize = 0;
  /** The numbers of free slots are the first `freeCount` of these. */
  private free = new Uint16Array(0);
  private freeCount = 0;

  constructor(readonly memory: Buffer) {}

  get isFull(): boolean {
    return this.freeCount === 0;
  }

  get isEmpty(): boolean {
    return this.freeCount === this.free.length;
  }

  cut(slotSize: number): void {
    this.slotSize = slotSize;
    this.freeCount = Math.floor(this.memory.length / slotSize);
    this.free = Uint16Array.from({ length: this.freeCount }, (_, i) => i);
  }

  take(): number {
    this.freeCount--;
    return this.free[this.freeCount] as number;
  }

  give(slot: number): void {
    this.free[this.freeCount] = slot;
    this.freeCount++;
  }
}

/** Bytes of a page: some thirty full shards. */
const PAGE = 256 * 1024;
const NO_PAGE = new Page(Buffer.alloc(0));

/** Sizes of slots: two to this power, and four for each time that it doubles, so that a slot is at most a quarter longer than its value. */
const SHORTEST_EXPONENT = 6;
const SHORTEST_SLOT = 2 ** SHORTEST_EXPONENT;
/** What is longer has a page of its own. */
const LONGEST_SLOT = PAGE / 4;

/** 0 for the shortest slots, 1 for the next longer ones, and so on. */
function sizeClassOf(length: number): number {
  if (length <= SHORTEST_SLOT) return 0;
  const exponent = exponentOf(length);
  return (exponent - SHORTEST_EXPONENT) * 4 + quarterOf(length, exponent) - 3;
}

function slotSizeFor(length: number): number {
  if (length <= SHORTEST_SLOT) return SHORTEST_SLOT;
  if (length > LONGEST_SLOT) return length;
  const exponent = exponentOf(length);
  return (quarterOf(length, exponent) + 1) << (exponent - 2);
}

/** The greatest power of two that is smaller. */
function exponentOf(length: number): number {
  return 31 - Math.clz32(length - 1);
}

/** 4 to 7: in which quarter of the way to the next power of two a length is. */
function quarterOf(length: number, exponent: number): number {
  return (length - 1) >>> (exponent - 2);
}
