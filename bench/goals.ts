/** What the figures are to reach, as data: the goals of a full run, and the floors of a quick one. */
import type { Line } from './results.js';
import type { Spread } from './spread.js';

export interface Goal {
  /** The id of a line. */
  readonly line: string;
  /** What is judged: ours divided by theirs, or our own figure in the line's unit. */
  readonly of: 'ratio' | 'ours';
  readonly atLeast?: number;
  readonly atMost?: number;
}

export const GOALS: readonly Goal[] = [
  { line: 'http/bittorrent-tracker', of: 'ratio', atLeast: 4 },
  { line: 'http/opentracker', of: 'ratio', atLeast: 1.2 },
  { line: 'http/bare Node', of: 'ratio', atLeast: 0.65 },
  { line: 'connections/alone', of: 'ratio', atLeast: 0.8 },
  { line: 'connections/nginx', of: 'ratio', atLeast: 0.8 },
  { line: 'runtime/one hot swarm', of: 'ratio', atLeast: 0.75 },
  { line: 'runtime/many swarms', of: 'ratio', atLeast: 0.75 },
  { line: 'runtime/store at once', of: 'ratio', atLeast: 0.75 },
  { line: 'operations/warm', of: 'ours', atMost: 1 },
  { line: 'operations/hot', of: 'ours', atMost: 0.2 },
  { line: 'operations/own code', of: 'ours', atMost: 15 },
  { line: 'growth/announce time', of: 'ratio', atMost: 1.5 },
  { line: 'growth/announce time, LMDB', of: 'ratio', atMost: 1.5 },
  { line: 'growth/announce bytes', of: 'ratio', atMost: 1.5 },
  { line: 'growth/scrape time', of: 'ratio', atMost: 20 },
  { line: 'growth/scrape bytes', of: 'ratio', atMost: 20 },
  // A few that were under way when the time was over are not counted.
  { line: 'headline/rate', of: 'ours', atLeast: 4990 },
  { line: 'headline/failures', of: 'ours', atMost: 0 },
  { line: 'headline/p99', of: 'ours', atMost: 25 },
  { line: 'headline/memory', of: 'ours', atMost: 2.5 },
  { line: 'headline/disk', of: 'ours', atMost: 1.5 },
  { line: 'purge/nothing expired', of: 'ours', atLeast: 1e6 },
  { line: 'purge/all expired', of: 'ours', atLeast: 1e6 },
  { line: 'udp/bare dgram', of: 'ratio', atLeast: 0.55 },
  { line: 'udp/opentracker', of: 'ratio', atLeast: 0.5 },
  { line: 'udp/processor time', of: 'ratio', atMost: 0.334 },
  { line: 'front/a store that costs nothing', of: 'ratio', atLeast: 8 },
  { line: 'beside/pages', of: 'ratio', atMost: 1.2 },
  { line: 'beside/pipelining', of: 'ratio', atMost: 3 },
  { line: 'flood/http', of: 'ratio', atMost: 2 },
  { line: 'flood/udp', of: 'ratio', atMost: 2 },
  { line: 'flood/keys', of: 'ratio', atMost: 2 },
  { line: 'lists/few', of: 'ratio', atMost: 1.03 },
  { line: 'lists/many', of: 'ratio', atMost: 1.03 },
];

/**
 * What `--quick` must reach: about half of what is usual on a machine with other work to do, so
 * that a miss is a mistake in the code. The best round counts.
 */
export const QUICK_FLOORS: readonly Goal[] = [
  { line: 'http/bittorrent-tracker', of: 'ratio', atLeast: 0.6 },
  { line: 'http/bare Node', of: 'ratio', atLeast: 0.07 },
  { line: 'operations/cold', of: 'ours', atMost: 2.05 },
  { line: 'operations/warm', of: 'ours', atMost: 1.05 },
  { line: 'operations/hot', of: 'ours', atMost: 0.2 },
  { line: 'operations/own code', of: 'ratio', atMost: 3 },
  { line: 'growth/announce bytes', of: 'ratio', atMost: 2 },
  { line: 'growth/announce time', of: 'ratio', atMost: 4 },
  { line: 'growth/scrape bytes', of: 'ratio', atMost: 24 },
];

export interface Verdict {
  readonly goal: Goal;
  readonly line: Line;
  readonly figure: number;
  readonly holds: boolean;
}

/** Judges the lines that have goals, each by its median or by its best round. */
export function judge(lines: readonly Line[], goals: readonly Goal[], by: 'median' | 'best'): Verdict[] {
  return goals.flatMap((goal) => {
    const line = lines.find(({ id }) => id === goal.line);
    const spread = line === undefined ? undefined : line[goal.of];
    if (line === undefined || spread === undefined) return [];
    const figure = by === 'median' ? spread.median : bestOf(spread, goal);
    const holds = figure >= (goal.atLeast ?? -Infinity) && figure <= (goal.atMost ?? Infinity);
    return [{ goal, line, figure, holds }];
  });
}

function bestOf({ min, max }: Spread, goal: Goal): number {
  return goal.atLeast === undefined ? min : max;
}

/** e.g. `at least 4`. */
export function describeGoal({ of, atLeast, atMost }: Goal): string {
  const bounds = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ].join(', ');
  return of === 'ratio' ? `ratio ${bounds}` : bounds;
}
