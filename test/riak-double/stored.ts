/** What a vnode holds under a key, and how two copies of it become one. */

import type { DataTypeState } from './data-types.js';
import { joinDataTypes } from './data-types.js';
import type { DottedValues } from './dvv.js';
import { joinValues, sameVersion } from './dvv.js';
import type { Content } from './messages.js';

export interface ObjectState extends DottedValues<Content> {
  readonly type: 'object';
}

export type Stored = ObjectState | DataTypeState;

/** Both copies in one. */
export function joinStored(a: Stored | undefined, b: Stored | undefined): Stored | undefined {
  if (a === undefined || a === b) return b;
  if (b === undefined) return a;
  if (a.type === 'object' && b.type === 'object') return { type: 'object', ...joinValues(a, b) };
  if (a.type === 'object' || b.type === 'object')
    throw new TypeError('an object and a data type under one key');
  return joinDataTypes(a, b);
}

/** Whether two copies are known to be alike. */
export function isSameCopy(a: Stored | undefined, b: Stored | undefined): boolean {
  if (a === b) return true;
  return a?.type === 'object' && b?.type === 'object' && sameVersion(a.clock, b.clock);
}

/** Nothing but tombstones: a reader finds nothing. */
export function isTombstone(stored: Stored | undefined): stored is ObjectState {
  return stored?.type === 'object' && stored.values.every(({ value }) => value.deleted === true);
}
