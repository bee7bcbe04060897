/** Riak's data types, as far as the double serves them: counters, observed-remove sets, and HLLs that count exactly. */

import type { Dot, VersionVector } from './dvv.js';
import { advance, covers, NOTHING_SEEN } from './dvv.js';

export interface CounterState {
  readonly type: 'counter';
  readonly value: number;
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

export const EMPTY_SET: SetState = { type: 'set', clock: NOTHING_SEEN, members: new Map() };

/** A member was to be removed that is not there. */
export class NotPresentError extends Error {
  override readonly name = 'NotPresentError';

  constructor(readonly member: Buffer) {
    super(`not present: ${member.toString('hex')}`);
  }
}

/**
 * The set after an update. A remove takes away the adds that `context` covers; without a context it takes all that are there.
 * Throws a NotPresentError for a remove without context of what is not in the set.
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
