/** Figures of several rounds, and ratios of figures that were taken in the same round. */

/** What the rounds said: the middle one, and the lowest and highest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * @throws RangeError without a figure, or if one is no finite number: a round that failed must not
 *   become a result
 */
export function spreadOf(figures: readonly number[]): Spread {
  if (figures.length === 0 || !figures.every(Number.isFinite)) {
    throw new RangeError(`no spread of ${JSON.stringify(figures)}`);
  }
  return { median: median(figures), min: Math.min(...figures), max: Math.max(...figures) };
}

/**
 * Ratios round by round: what slows the machine down for a while slows both figures of a round, so
 * their ratio stays.
 * @throws RangeError if there are not as many of one as of the other
 */
export function ratios(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length) throw new RangeError(`${ours.length} rounds against ${theirs.length}`);
  return spreadOf(ours.map((figure, round) => figure / (theirs[round] ?? NaN)));
}

/** Of an even number of figures the mean of the middle two. */
function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Figures of several contenders, by name, one a round. */
export type Rounds<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/**
 * Measures contenders in turns, A B C A B C ..., so that each round has all of them within a short
 * time.
 */
export async function alternate<Name extends string>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Promise<number>>>,
  tell: (message: string) => void = () => undefined,
): Promise<Rounds<Name>> {
  const names = Object.keys(contenders) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      const figure = await contenders[name]();
      figures[name].push(figure);
      tell(`round ${round} of ${rounds}: ${name} ${figure.toPrecision(5)}`);
    }
  }
  return figures;
}
