import type { LogFields } from '../log.js';

/** From the least to the most: a log has the lines up to its own level. */
export const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** What is to be written of one event. */
export interface LogEntry {
  readonly level: LogLevel;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly event: string;
  readonly fields: LogFields;
}

/** How a line looks, without its end. May throw: then the line is lost, and nothing else. */
export type LogFormat = (entry: LogEntry) => string;
