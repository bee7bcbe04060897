import type { Log, LogFields } from '../log.js';

const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
type Level = (typeof LEVELS)[number];

/** A log of an action: one JSON line an event on standard output, which OpenWhisk collects. */
export function stdoutLog(least: Level, write: (line: string) => void = console.log): Log {
  const line =
    (level: Level) =>
    (event: string, fields: LogFields = {}): void => {
      if (LEVELS.indexOf(level) > LEVELS.indexOf(least)) return;
      write(JSON.stringify({ level, time: new Date().toISOString(), event, ...fields }, describeError));
    };
  return { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
}

/** Errors have nothing that JSON would show. */
function describeError(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, cause };
}
