/** A request that waits for its turn. */
export interface Work {
  /** What it takes: 1 is an announce, or one swarm of a scrape. */
  readonly cost: number;
  /** Whether its client is gone, so that it is given up. */
  readonly isGone: boolean;
  /** Begins it. To be followed by `done`, once. */
  start(): void;
  /** Answers that there was no turn for it in time. */
  giveUp(): void;
}

/**
 * Bounds what is under way at once over all connections, so that some clients cannot take all of
 * the processor and the memory. Small work (an announce) goes first. Large work (a scrape of many
 * swarms) is begun once in a turn of the event loop at most, and then not for as long as that turn
 * took: so all others are heard in between, and have half of the processor. Invariant: what is
 * under way costs at most `maxCost`, and what of it is large at most `maxLargeCost`. Work that
 * would cost more than that alone counts as that much.
 */
export class WorkQueue {
  #cost = 0;
  #largeCost = 0;
  readonly #small: Waiting[] = [];
  readonly #large: Waiting[] = [];
  #isPaused = false;

  /** @param maxWaitMs how long work may wait for its turn */
  constructor(
    private readonly maxWaitMs: number,
    private readonly now: () => number = () => performance.now(),
    private readonly maxCost = MAX_COST,
    private readonly maxLargeCost = MAX_LARGE_COST,
  ) {}

  /** Work that waits. */
  get waiting(): number {
    return this.#small.length + this.#large.length;
  }

  /** Begins the work now, or in its turn. */
  add(work: Work): void {
    if (isSmall(work) && this.#small.length === 0 && this.#hasRoom(work)) {
      this.#begin(work);
      return;
    }
    (isSmall(work) ? this.#small : this.#large).push({ work, until: this.now() + this.maxWaitMs });
    this.#beginWaiting();
  }

  /** To be called when work is done that was begun. */
  done(work: Work): void {
    const cost = this.#costOf(work);
    this.#cost -= cost;
    if (!isSmall(work)) this.#largeCost -= cost;
    if (this.waiting > 0) this.#beginWaiting();
  }

  /** Gives up what has waited too long, or for whom nobody waits. To be called now and then. */
  expire(): void {
    const now = this.now();
    for (const queue of [this.#small, this.#large]) {
      for (;;) {
        const [first] = queue;
        if (first === undefined || (first.until > now && !first.work.isGone)) break;
        queue.shift();
        if (!first.work.isGone) first.work.giveUp();
      }
    }
  }

  #beginWaiting(): void {
    this.expire();
    for (let [first] = this.#small; first !== undefined && this.#hasRoom(first.work); [first] = this.#small) {
      this.#small.shift();
      if (!first.work.isGone) this.#begin(first.work);
    }
    const [large] = this.#large;
    if (large === undefined || this.#isPaused || !this.#hasRoom(large.work)) return;
    this.#large.shift();
    this.#pause();
    this.#begin(large.work);
  }

  /** For the rest of this turn of the event loop, and then for as long as it took. */
  #pause(): void {
    this.#isPaused = true;
    const startedAt = this.now();
    const end = (): void => {
      this.#isPaused = false;
      this.#beginWaiting();
    };
    setImmediate(() => {
      const tookMs = Math.min(this.now() - startedAt, MAX_PAUSE_MS);
      if (tookMs < 1) end();
      else setTimeout(end, tookMs);
    });
  }

  #hasRoom(work: Work): boolean {
    const cost = this.#costOf(work);
    return (
      this.#cost + cost <= this.maxCost && (isSmall(work) || this.#largeCost + cost <= this.maxLargeCost)
    );
  }

  #costOf({ cost }: Work): number {
    return Math.min(cost, this.maxLargeCost);
  }

  #begin(work: Work): void {
    const cost = this.#costOf(work);
    this.#cost += cost;
    if (!isSmall(work)) this.#largeCost += cost;
    work.start();
  }
}

interface Waiting {
  readonly work: Work;
  /** As `now` counts. */
  readonly until: number;
}

function isSmall({ cost }: Work): boolean {
  return cost <= MAX_SMALL_COST;
}

/** A program asks for its own few torrents at once. */
const MAX_SMALL_COST = 4;
const MAX_COST = 2000;
/** Eight scrapes of a hundred swarms: of a store that takes its time. */
const MAX_LARGE_COST = 800;
const MAX_PAUSE_MS = 50;
