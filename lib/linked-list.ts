/** What a list needs of its entries. An entry is in one list at most, and nobody else changes these. */
export interface Linked<Entry> {
  before: Entry | undefined;
  after: Entry | undefined;
}

/**
 * Entries in the order in which they were appended, any of which can be taken out at once. A Set has that order too, but keeps the places of what was deleted: to
 * find the first of many that come and go takes it ever longer.
 */
export class LinkedList<Entry extends Linked<Entry>> {
  private head: Entry | undefined;
  private tail: Entry | undefined;

  get first(): Entry | undefined {
    return this.head;
  }

  append(entry: Entry): void {
    entry.before = this.tail;
    entry.after = undefined;
    if (this.tail === undefined) this.head = entry;
    else this.tail.after = entry;
    this.tail = entry;
  }

  /** @param entry one that is in this list */
  remove(entry: Entry): void {
    const { before, after } = entry;
    if (before === undefined) this.head = after;
    else before.after = after;
    if (after === undefined) this.tail = before;
    else after.before = before;
    entry.before = undefined;
    entry.after = undefined;
  }

  clear(): void {
    this.head = undefined;
    this.tail = undefined;
  }
}
