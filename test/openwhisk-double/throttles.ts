/** How often and how many at once a namespace may invoke. */

import { Rejection } from './replies.js';

const MINUTE_MS = 60_000;

/** Begins with the clock's minute, not with a request: twice the limit may pass within a second. */
const minuteOf = (now: number): number => Math.floor(now / MINUTE_MS);

export interface ThrottleLimits {
  readonly invocationsPerMinute: number;
  readonly concurrentInvocations: number;
  /** The scheduler counts containers, see Invoker. */
  readonly scheduler: boolean;
  readonly now: () => number;
}

export class Throttles {
  private minute = -Infinity;
  private inMinute = 0;
  private underWay = 0;

  constructor(private readonly limits: ThrottleLimits) {}

  /** @throws Rejection 429; what is refused counts as well */
  admit(): void {
    const { invocationsPerMinute, concurrentInvocations, scheduler, now } = this.limits;
    if (minuteOf(now()) !== this.minute) {
      this.minute = minuteOf(now());
      this.inMinute = 0;
    }
    this.inMinute += 1;
    if (this.inMinute > invocationsPerMinute) {
      throw new Rejection(
        429,
        `Too many requests in the last minute (count: ${this.inMinute}, allowed: ${invocationsPerMinute}).`,
      );
    }
    if (!scheduler && this.underWay >= concurrentInvocations) {
      throw new Rejection(
        429,
        `Too many concurrent requests in flight (count: ${this.underWay + 1}, allowed: ${concurrentInvocations}).`,
      );
    }
  }

  /**
   * Counts an activation as under way until it has ended, whether somebody still waits for it or
   * not.
   */
  async during<T>(activation: Promise<T>): Promise<T> {
    this.underWay += 1;
    try {
      return await activation;
    } finally {
      this.underWay -= 1;
    }
  }
}
