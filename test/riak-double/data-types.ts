/**
 * Riak's data types, as far as the double serves them: counters, observed-remove sets, and HLLs
 * that count exactly.
 */

import type { Dot, VersionVector } from './dvv.js';
import { advance, covers, join, NOTHING_SEEN } from './dvv.js';

export interface CounterState {
  readonly type: 'counter';
  /**
   * What each actor has added, by the number of the actor, and how often: the copy with more
   * updates of an actor has all of it.
   */
  readonly added: ReadonlyMap<number, { readonly updates: number; readonly sum: number }>;
}

interface Member {
  readonly bytes: Buffer;
  /** Of the adds that nobody has removed yet. */
  readonly dots: readonly Dot[];
}

export interface SetState {
  readonly type: 'set';
  readonly clock: VersionVector;
  /** By the member in hex. */
  readonly members: ReadonlyMap<string, Member>;
}

export interface HllState {
  readonly type: 'hll';
  /** The members in hex. Riak estimates how many there are; the double knows. */
  readonly members: ReadonlySet<string>;
}

export type DataTypeState = CounterState | SetState | HllState;

export const EMPTY_COUNTER: CounterState = { type: 'counter', added: new Map() };
export const EMPTY_SET: SetState = { type: 'set', clock: NOTHING_SEEN, members: new Map() };

/** A member was to be removed that is not there. */
export class NotPresentError extends Error {
  override readonly name = 'NotPresentError';

  constructor(readonly member: Buffer) {
    super(`not present: ${member.toString('hex')}`);
  }
}

export function addToCounter({ added }: CounterState, actor: number, by: number): CounterState {
  const { updates = 0, sum = 0 } = added.get(actor) ?? {};
  return { type: 'counter', added: new Map(added).set(actor, { updates: updates + 1, sum: sum + by }) };
}

export function counterValue({ added }: CounterState): number {
  return [...added.values()].reduce((total, { sum }) => total + sum, 0);
}

/** Two copies in one. */
export function joinDataTypes(a: DataTypeState, b: DataTypeState): DataTypeState {
  if (a.type === 'counter' && b.type === 'counter') return joinCounters(a, b);
  if (a.type === 'set' && b.type === 'set') return joinSets(a, b);
  if (a.type === 'hll' && b.type === 'hll')
    return { type: 'hll', members: new Set([...a.members, ...b.members]) };
  throw new TypeError(`a ${a.type} and a ${b.type} under one key`);
}

function joinCounters(a: CounterState, b: CounterState): CounterState {
  const added = new Map(a.added);
  for (const [actor, theirs] of b.added) {
    if (theirs.updates > (added.get(actor)?.updates ?? 0)) added.set(actor, theirs);
  }
  return { type: 'counter', added };
}

/** An add that one copy does not have stays unless that copy has seen it go. */
function joinSets(a: SetState, b: SetState): SetState {
  const members = new Map<string, Member>();
  const left = ({ dots }: Member, other: SetState, same: Member | undefined): Dot[] =>
    dots.filter(
      (dot) =>
        !covers(other.clock, dot) ||
        same?.dots.some(({ actor, counter }) => actor === dot.actor && counter === dot.counter) === true,
    );
  for (const [key, member] of a.members) {
    const dots = left(member, b, b.members.get(key));
    if (dots.length > 0) members.set(key, { bytes: member.bytes, dots });
  }
  for (const [key, member] of b.members) {
    const dots = left(member, a, a.members.get(key));
    const known = members.get(key)?.dots ?? [];
    const isKnown = (dot: Dot): boolean =>
      known.some(({ actor, counter }) => actor === dot.actor && counter === dot.counter);
    const all = [...known, ...dots.filter((dot) => !isKnown(dot))];
    if (all.length > 0) members.set(key, { bytes: member.bytes, dots: all });
  }
  return { type: 'set', clock: join(a.clock, b.clock), members };
}

/**
 * The set after an update. A remove takes away the adds that `context` covers; without a context it
 * takes all that are there. Throws a NotPresentError for a remove without context of what is not in
 * the set.
 */
export function updateSet(
  state: SetState,
  actor: number,
  adds: readonly Buffer[],
  removes: readonly Buffer[],
  context: VersionVector | undefined,
): SetState {
  const members = new Map(state.members);
  for (const bytes of removes) {
    const key = bytes.toString('hex');
    const held = members.get(key);
    if (held === undefined) {
      if (context === undefined) throw new NotPresentError(bytes);
      continue;
    }
    const dots = context === undefined ? [] : held.dots.filter((dot) => !covers(context, dot));
    if (dots.length === 0) members.delete(key);
    else members.set(key, { bytes: held.bytes, dots });
  }
  let clock = state.clock;
  for (const bytes of adds) {
    const next = advance(clock, actor);
    clock = next.clock;
    members.set(bytes.toString('hex'), { bytes: Buffer.from(bytes), dots: [next.dot] });
  }
  return { type: 'set', clock, members };
}

/** The members in byte order. */
export function setMembers(state: SetState): Buffer[] {
  return [...state.members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member.bytes);
}
