import { systemClock } from '../environment.js';
import type { Log } from '../log.js';
import type { LogLevel } from '../log/entry.js';
import { jsonLine } from '../log/json-line.js';
import { LineLog } from '../log/line-log.js';

/**
 * A log of an action: one JSON line an event on standard output, which OpenWhisk collects. Repeated
 * lines are all written: each belongs to the record of its own activation, where somebody looks for
 * it.
 */
export function stdoutLog(least: LogLevel, write: (line: string) => void = console.log): Log {
  return new LineLog({ least, format: jsonLine, write, clock: systemClock });
}
