import type { PurgeState } from '../purge/purge.js';
import { emptySummary } from '../purge/summary.js';

/** A parameter that says where a purge stands was not written by a purge. */
export class PurgeStateError extends Error {
  override readonly name = 'PurgeStateError';
}

/**
 * Where a purge stands, from the parameter that the slice before has given.
 * @throws PurgeStateError if it cannot be that
 */
export function stateOf(given: unknown): PurgeState {
  if (!isState(given)) throw new PurgeStateError('the parameter purge is none that a purge has written');
  return given;
}

function isState(given: unknown): given is PurgeState {
  if (!isRecord(given)) return false;
  const { startedAt, spentMilliseconds, ranges, summary } = given;
  return (
    typeof startedAt === 'number' &&
    typeof spentMilliseconds === 'number' &&
    Array.isArray(ranges) &&
    ranges.every(isRange) &&
    isRecord(summary) &&
    Object.entries(emptySummary()).every(([name, value]) => typeof summary[name] === typeof value) &&
    Array.isArray(summary['largest'])
  );
}

function isRange(range: unknown): boolean {
  return isRecord(range) && typeof range['from'] === 'string' && typeof range['to'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
