/**
 * Dotted version vector sets, the causality that Riak keeps with `dvv_enabled`: every write gets a
 * dot (an actor and that actor's next number), and a value goes away when a later write says that
 * its writer had seen that dot. Preguica, Baquero, Almeida, Fonte, Goncalves: "Dotted Version
 * Vectors: Logical Clocks for Optimistic Replication" (2010).
 */

/** What a writer had seen: of each actor everything up to a number. Never changed once made. */
export type VersionVector = ReadonlyMap<number, number>;

export interface Dot {
  readonly actor: number;
  readonly counter: number;
}

export interface DottedValue<T> {
  readonly dot: Dot;
  readonly value: T;
}

/** The state of an object: all that was ever seen, and the values that nobody has replaced. */
export interface DottedValues<T> {
  readonly clock: VersionVector;
  readonly values: readonly DottedValue<T>[];
}

export const NOTHING_SEEN: VersionVector = new Map();

export function covers(seen: VersionVector, dot: Dot): boolean {
  return (seen.get(dot.actor) ?? 0) >= dot.counter;
}

/** True if `seen` knows all that `other` knows. */
export function descends(seen: VersionVector, other: VersionVector): boolean {
  for (const [actor, counter] of other) {
    if (!covers(seen, { actor, counter })) return false;
  }
  return true;
}

export function sameVersion(a: VersionVector, b: VersionVector): boolean {
  return descends(a, b) && descends(b, a);
}

export function join(a: VersionVector, b: VersionVector): VersionVector {
  const joined = new Map(a);
  for (const [actor, counter] of b) joined.set(actor, Math.max(counter, joined.get(actor) ?? 0));
  return joined;
}

/** The next dot of an actor on top of what was seen, and what is seen with it. */
export function advance(seen: VersionVector, actor: number): { clock: VersionVector; dot: Dot } {
  const dot = { actor, counter: (seen.get(actor) ?? 0) + 1 };
  return { dot, clock: new Map(seen).set(actor, dot.counter) };
}

/**
 * The state after a write by a client that had seen `context`: exactly the values that it had seen
 * are replaced. With `wholeObject` as without `dvv_enabled`: all are replaced if it had seen
 * everything, and none otherwise.
 */
export function write<T>(
  state: DottedValues<T>,
  actor: number,
  value: T,
  context: VersionVector,
  wholeObject = false,
): DottedValues<T> {
  const { clock, dot } = advance(join(state.clock, context), actor);
  const replaces = wholeObject
    ? () => descends(context, state.clock)
    : (held: DottedValue<T>) => covers(context, held.dot);
  return { clock, values: [...state.values.filter((held) => !replaces(held)), { dot, value }] };
}

/**
 * Two copies of an object in one: a value that one copy does not have stays unless that copy has
 * seen it go.
 */
export function joinValues<T>(a: DottedValues<T>, b: DottedValues<T>): DottedValues<T> {
  const kept = a.values.filter(({ dot }) => has(b, dot) || !covers(b.clock, dot));
  const added = b.values.filter(({ dot }) => !has(a, dot) && !covers(a.clock, dot));
  return { clock: join(a.clock, b.clock), values: [...kept, ...added] };
}

function has<T>(state: DottedValues<T>, wanted: Dot): boolean {
  return state.values.some(({ dot }) => dot.actor === wanted.actor && dot.counter === wanted.counter);
}
