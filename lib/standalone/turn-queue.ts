/**
 * Work that others do not wait for: one piece each turn of the event loop, in order. Between two of
 * them every connection that has something to say is heard, so that a flood of such work makes
 * nobody else wait for more than one piece.
 */
export class TurnQueue {
  private waiting: (() => void)[] = [];
  /** Of `waiting`, those before it are done. */
  private next = 0;

  /** @param work throws nothing */
  add(work: () => void): void {
    this.waiting.push(work);
    if (this.waiting.length === 1) setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    const work = this.waiting[this.next++];
    if (this.next === this.waiting.length) {
      this.waiting = [];
      this.next = 0;
    } else {
      setImmediate(this.turn);
    }
    work?.();
  };
}
