import type { LogFields } from '../log.js';
import { summarizeError } from './describe-error.js';
import type { LogEntry } from './entry.js';
import { showable } from './showable.js';

/** One line of JSON: level, time (ISO 8601), event, then the fields. */
export function jsonLine({ level, time, event, fields }: LogEntry): string {
  const head = { level, time: new Date(time).toISOString(), event };
  try {
    return JSON.stringify({ ...head, ...fields }, showable);
  } catch {
    const shown = Object.entries(fields).map(([name, value]) => [name, shownOrNamed(value)]);
    return JSON.stringify({ ...head, ...(Object.fromEntries(shown) as LogFields) }, showable);
  }
}

/** JSON cannot show what contains itself, and a getter or toJSON of its own may throw. */
function shownOrNamed(value: unknown): unknown {
  try {
    JSON.stringify(value, showable);
    return value;
  } catch {
    return value instanceof Error ? summarizeError(value) : `[unprintable ${typeof value}]`;
  }
}
