import type { LogFields } from '../log.js';
import { describeError, summarizeError } from './describe-error.js';
import type { LogEntry } from './entry.js';

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

/** Errors have nothing that JSON would show, and integers of any length no JSON. */
function showable(name: string, value: unknown): unknown {
  if (SECRETS.has(name)) return '[redacted]';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string' && value.length > MAX_CHARACTERS) return `${value.slice(0, MAX_CHARACTERS)}…`;
  return value instanceof Error ? describeError(value) : value;
}

/** Of a text. A stack is shorter. */
const MAX_CHARACTERS = 4000;

/** Fields that must never be there; a net below the rule that nobody writes them. */
const SECRETS: ReadonlySet<string> = new Set([
  'password',
  'secret',
  'authorization',
  'peerId',
  'uri',
  'url',
  'query',
  'headers',
]);
