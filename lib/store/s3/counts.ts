import { StoreError, StoreUnavailableError } from '../errors.js';
import type { Objects } from './objects.js';

/** Increments of one count that go out together. */
interface Batch {
  by: number;
  readonly done: Promise<void>;
}

/** Other processes count, too: lost races in a row after which a count is given up for now. */
const maxLostRaces = 100;
const maxPauseMs = 50;

export type Call = <T>(work: (objects: Objects) => Promise<T>) => Promise<T>;

/**
 * Counts as objects that hold decimal digits, changed by compare and swap. What comes while an
 * increment of a key is under way goes with the next one, so a process never competes with itself.
 */
export class Counts {
  /** Of each key the batch that nobody has sent yet. */
  private readonly waiting = new Map<string, Batch>();
  /** Of each key the last batch. */
  private readonly last = new Map<string, Promise<void>>();

  constructor(
    private readonly call: Call,
    private readonly random: () => number,
  ) {}

  /** Rejects if it is not known whether it counted: it is never repeated then. */
  increment(key: string, by: number): Promise<void> {
    const waiting = this.waiting.get(key);
    if (waiting !== undefined) {
      waiting.by += by;
      return waiting.done;
    }
    const before = this.last.get(key);
    const done = this.sendAfter(before, key);
    const batch: Batch = { by, done };
    this.waiting.set(key, batch);
    this.last.set(key, done);
    return done;
  }

  count(key: string): Promise<number> {
    return this.call(async (objects) => numberIn((await objects.read(key)).value));
  }

  private async sendAfter(before: Promise<void> | undefined, key: string): Promise<void> {
    // Yields also if nothing is under way, so that the batch is entered by then.
    await before?.catch(() => undefined);
    const batch = this.waiting.get(key);
    this.waiting.delete(key);
    try {
      await this.call((objects) => this.add(objects, key, batch?.by ?? 0));
    } finally {
      if (this.last.get(key) === batch?.done) this.last.delete(key);
    }
  }

  private async add(objects: Objects, key: string, by: number): Promise<void> {
    let held = await objects.read(key);
    for (let lost = 0; lost < maxLostRaces; lost += 1) {
      const digits = Buffer.from(String(numberIn(held.value) + by));
      const written = await objects.write(key, digits, held.etag);
      if (written.stored) return;
      if (written.unsure) throw new StoreUnavailableError('the answer to an increment was lost');
      held = written.held;
      await new Promise((resolve) => setTimeout(resolve, this.random() * maxPauseMs));
    }
    throw new StoreUnavailableError('other processes change the count all the time');
  }
}

function numberIn(value: Uint8Array | undefined): number {
  if (value === undefined) return 0;
  const text = Buffer.from(value).toString('latin1');
  if (!/^\d{1,15}$/.test(text)) throw new StoreError('a download count that is no number');
  return Number(text);
}
