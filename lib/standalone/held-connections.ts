/** A connection that is not read until it is released. */
export interface Held {
  /** Called once. */
  release(): void;
}

/**
 * Connections of addresses that were faster than they may be, each of which had a request refused.
 * They are read on in order, so many in a second at most, however many there are and of however many
 * addresses: what a flood sends meanwhile waits with its sender. So refused requests never take
 * more than a small share of the processor.
 */
export class HeldConnections {
  private waiting: Held[] = [];
  /** Of `waiting`, those before it are released. */
  private next = 0;

  add(connection: Held): void {
    this.waiting.push(connection);
    if (this.waiting.length === 1) this.wait();
  }

  private wait(): void {
    // No catching up: a process that is late has enough to do.
    setTimeout(() => {
      this.releaseSome();
    }, TICK_MS).unref();
  }

  private releaseSome(): void {
    const end = Math.min(this.next + RELEASED_AT_ONCE, this.waiting.length);
    while (this.next < end) this.waiting[this.next++]?.release();
    if (this.next < this.waiting.length) {
      this.wait();
      if (this.next < MAX_RELEASED_KEPT) return;
      this.waiting = this.waiting.slice(this.next);
    } else {
      this.waiting = [];
    }
    this.next = 0;
  }
}

/** 1,000 a second. */
const TICK_MS = 5;
const RELEASED_AT_ONCE = 5;
const MAX_RELEASED_KEPT = 1000;
