import fc from 'fast-check';

import type { Act } from './swarm-world.js';

export interface Round {
  /** What peers do at once, each of them one thing. */
  readonly acts: readonly Act[];
  /** So many purges beside that. */
  readonly purges: number;
  /** Seconds after it. */
  readonly pause: number;
}

export interface HistoryLimits {
  readonly peers?: number;
  readonly rounds?: number;
  /** How often a round may be purged; one of them is drawn for each. */
  readonly purges?: readonly number[];
  readonly pauses?: readonly number[];
}

/**
 * Rounds of announces at once through three processes, with time passing between them; sometimes so
 * much that who was silent is gone.
 */
export function histories({
  peers = 30,
  rounds = 8,
  purges = [0],
  pauses = [0, 1, 30, 600, 1500],
}: HistoryLimits = {}): fc.Arbitrary<Round[]> {
  const act: fc.Arbitrary<Act> = fc.record({
    peer: fc.integer({ min: 0, max: peers - 1 }),
    through: fc.integer({ min: 0, max: 2 }),
    doing: fc.constantFrom('start', 'announce', 'announce', 'complete', 'pause', 'stop'),
  });
  const round = fc.record({
    acts: fc.uniqueArray(act, { maxLength: peers, selector: ({ peer }) => peer }),
    purges: fc.constantFrom(...purges),
    pause: fc.constantFrom(...pauses),
  });
  return fc.array(round, { minLength: 1, maxLength: rounds });
}

export const concurrencies = fc.constantFrom('siblings' as const, 'compare-and-swap' as const);

/** Has the operations of a store run in the order of a scheduler, but for those in peace. */
export class ShuffledOperations {
  private isPeace = false;

  constructor(private readonly scheduler: fc.Scheduler) {}

  /** To be waited for before an operation, and before its answer. */
  readonly schedule = (label: string): Promise<void> =>
    this.isPeace ? Promise.resolve() : this.scheduler.schedule(Promise.resolve(), label);

  /** Lets all of this happen at once, in some order. */
  async run(happening: readonly Promise<unknown>[]): Promise<void> {
    await this.scheduler.waitFor(Promise.all(happening));
  }

  /** Lets something happen by itself. */
  async inPeace(happens: () => Promise<void>): Promise<void> {
    this.isPeace = true;
    await happens();
    this.isPeace = false;
  }
}
