/** How often and how many at once a namespace may invoke. */

import { Rejection } from './replies.js';

const MINUTE_MS = 60_000;

export interface ThrottleLimits {
  readonly invocationsPerMinute: number;
  readonly concurrentInvocations: number;
  readonly now: () => number;
}

export class Throttles {
  private windowStart = -Infinity;
  private inWindow = 0;
  private underWay = 0;

  constructor(private readonly limits: ThrottleLimits) {}

  /** @throws Rejection 429; what is refused counts as well */
  admit(): void {
    const { invocationsPerMinute, concurrentInvocations, now } = this.limits;
    if (now() - this.windowStart >= MINUTE_MS) {
      this.windowStart = now();
      this.inWindow = 0;
    }
    this.inWindow += 1;
    if (this.inWindow > invocationsPerMinute) {
      throw new Rejection(
        429,
        `Too many requests in the last minute (count: ${this.inWindow}, allowed: ${invocationsPerMinute}).`,
      );
    }
    if (this.underWay >= concurrentInvocations) {
      throw new Rejection(
        429,
        `Too many concurrent requests in flight (count: ${this.underWay + 1}, allowed: ${concurrentInvocations}).`,
      );
    }
  }

  /** Counts an activation as under way until it has ended, whether somebody still waits for it or not. */
  async during<T>(activation: Promise<T>): Promise<T> {
    this.underWay += 1;
    try {
      return await activation;
    } finally {
      this.underWay -= 1;
    }
  }
}
