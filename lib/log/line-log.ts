import type { Clock } from '../environment.js';
import type { Log, LogFields } from '../log.js';
import { LEVELS, type LogEntry, type LogFormat, type LogLevel } from './entry.js';
import type { Repeats } from './repeats.js';

export interface LineLogParts {
  /** The least important level that is written. */
  readonly least: LogLevel;
  readonly format: LogFormat;
  /** Takes a line without its end. */
  readonly write: (line: string) => void;
  readonly clock: Clock;
  /** Undefined: every line is written. */
  readonly repeats?: Repeats;
}

/** A log of one line an event. Nothing here ever throws: no answer is lost for a line. */
export class LineLog implements Log {
  #least = 0;

  constructor(private readonly parts: LineLogParts) {
    this.setLeast(parts.least);
  }

  /** From now on. @param least the least important level that is written */
  setLeast(least: LogLevel): void {
    this.#least = LEVELS.indexOf(least);
  }

  error(event: string, fields?: LogFields): void {
    this.#add('error', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#add('warn', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#add('info', event, fields);
  }

  debug(event: string, fields?: LogFields): void {
    this.#add('debug', event, fields);
  }

  /** Writes how often lines have come again whose period is over. To be called now and then. */
  writeCounts(): void {
    for (const line of this.parts.repeats?.counts(this.parts.clock.now()) ?? []) this.#write(line);
  }

  /** The same for all lines: the process ends. */
  writeLastCounts(): void {
    for (const line of this.parts.repeats?.lastCounts(this.parts.clock.now()) ?? []) this.#write(line);
  }

  #add(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (LEVELS.indexOf(level) > this.#least) return;
    const entry: LogEntry = { level, time: this.parts.clock.now(), event, fields };
    if (this.parts.repeats?.isNew(entry) !== false) this.#write(entry);
  }

  #write(entry: LogEntry): void {
    try {
      this.parts.write(this.parts.format(entry));
    } catch {
      // Nobody is left to be told that the log cannot be written.
    }
  }
}
