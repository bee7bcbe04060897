/** The links of an entry. An entry is in one list at most, and only the list changes them. */
export interface Linked<Entry> {
  before: Entry | undefined;
  after: Entry | undefined;
}

/**
 * A doubly linked list: entries in the order in which they were appended; removal is O(1). A Set
 * keeps that order too, but also the slots of deleted entries, so finding its first entry gets
 * slow.
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
