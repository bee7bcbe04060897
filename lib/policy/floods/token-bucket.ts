export interface BucketRules {
  /** Tokens that come in a second; 0: no limit. */
  readonly perSecond: number;
  /** Tokens that there are at most, and at first. */
  readonly burst: number;
}

/**
 * Tokens that come evenly, up to a number. A bucket is one number, the time at which it will be
 * full again (the generic cell rate algorithm): so anybody can keep many.
 */
export class TokenBuckets {
  private tokenMs = 0;
  private burstMs = 0;

  constructor(rules: BucketRules) {
    this.follow(rules);
  }

  /** Buckets that are kept stay as far from full as they are, in time. */
  follow({ perSecond, burst }: BucketRules): void {
    this.tokenMs = perSecond === 0 ? 0 : 1000 / perSecond;
    this.burstMs = this.tokenMs * Math.max(burst, 1);
  }

  /** Whether there is no limit. */
  get isOpen(): boolean {
    return this.tokenMs === 0;
  }

  /**
   * @param fullAt when the bucket is full, milliseconds since the epoch
   * @param nowMs milliseconds since the epoch
   * @returns when it is full if a token is taken now
   */
  fullAfterTake(fullAt: number, nowMs: number): number {
    // Later than any bucket can be: the clock was set back.
    const from = fullAt < nowMs || fullAt > nowMs + this.burstMs ? nowMs : fullAt;
    return from + this.tokenMs;
  }

  /** @returns milliseconds until there is the token that was taken; 0 if there was one */
  waitOf(fullAfterTake: number, nowMs: number): number {
    const wait = fullAfterTake - nowMs - this.burstMs;
    // A sum of fractions may be a little more than the whole.
    return wait > this.tokenMs / 1024 ? wait : 0;
  }
}

/** One bucket. */
export class TokenBucket {
  private readonly buckets: TokenBuckets;
  private fullAt = 0;

  constructor(rules: BucketRules) {
    this.buckets = new TokenBuckets(rules);
  }

  /** As `AddressBuckets.take`. */
  take(nowMs: number): number {
    if (this.buckets.isOpen) return 0;
    const fullAt = this.buckets.fullAfterTake(this.fullAt, nowMs);
    const wait = this.buckets.waitOf(fullAt, nowMs);
    if (wait === 0) this.fullAt = fullAt;
    return wait;
  }
}
