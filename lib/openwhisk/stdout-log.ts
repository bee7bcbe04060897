import { messageOf } from '../error-message.js';
import type { Log, LogFields } from '../log.js';

const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
type Level = (typeof LEVELS)[number];

/**
 * A log of an action: one JSON line an event on standard output, which OpenWhisk collects. Never
 * throws: no reply is lost for a line.
 */
export function stdoutLog(least: Level, write: (line: string) => void = console.log): Log {
  const line =
    (level: Level) =>
    (event: string, fields: LogFields = {}): void => {
      if (LEVELS.indexOf(level) > LEVELS.indexOf(least)) return;
      const head = { level, time: new Date().toISOString(), event };
      try {
        write(lineOf(head, fields));
      } catch {
        // Nobody is left to be told that the log cannot be written.
      }
    };
  return { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
}

/** All fields if they can be shown, else those that can, each by itself. */
function lineOf(head: LogFields, fields: LogFields): string {
  try {
    return JSON.stringify({ ...head, ...fields }, describe);
  } catch {
    const shown = Object.entries(fields).map(([name, value]) => [name, showable(value)]);
    return JSON.stringify({ ...head, ...(Object.fromEntries(shown) as LogFields) }, describe);
  }
}

/** JSON cannot show what contains itself, and a getter or toJSON of its own may throw. */
function showable(value: unknown): unknown {
  try {
    JSON.stringify(value, describe);
    return value;
  } catch {
    return value instanceof Error ? `${value.name}: ${messageOf(value)}` : `[unprintable ${typeof value}]`;
  }
}

/** Errors have nothing that JSON would show, and integers of any length no JSON. */
function describe(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (!(value instanceof Error)) return value;
  const { name, stack, cause } = value;
  return { name, message: messageOf(value), stack, cause };
}
