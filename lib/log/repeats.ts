import type { LogFields } from '../log.js';
import { summarizeError } from './describe-error.js';
import type { LogEntry } from './entry.js';

/** What was written, and what was only counted, of one event at one level. */
interface Period {
  startedAt: number;
  /** How often each line came again after it was written. */
  readonly again: Map<string, number>;
  counted: number;
  last: LogEntry | undefined;
}

/**
 * Keeps a failure that repeats from filling a disk. A line is written whole when it is new. The
 * same line, or one whose cause differs in numbers alone, is only counted from then on, for as long
 * as it comes at least once in a period; so are all but the first few different lines of one event
 * in a period. Events are few and fixed, so this stays small.
 */
export class Repeats {
  readonly #periods = new Map<string, Period>();

  /**
   * @param periodMs how often counts are written
   * @param maxDifferent lines of one event that are written whole in a period
   */
  constructor(
    readonly periodMs = 30_000,
    private readonly maxDifferent = 10,
  ) {}

  /** Whether to write this line; if not, it is counted. */
  isNew(entry: LogEntry): boolean {
    const key = `${entry.level} ${entry.event}`;
    const text = textOf(entry.fields);
    const period = this.#periods.get(key);
    if (period === undefined) {
      const again = new Map([[text, 0]]);
      this.#periods.set(key, { startedAt: entry.time, again, counted: 0, last: undefined });
      return true;
    }
    const times = period.again.get(text);
    if (times === undefined && period.again.size < this.maxDifferent) {
      period.again.set(text, 0);
      return true;
    }
    if (times !== undefined) period.again.set(text, times + 1);
    period.counted++;
    period.last = entry;
    return false;
  }

  /**
   * Ends the periods that are over. @returns lines with the counts of those in which something was
   * counted
   */
  counts(now: number): LogEntry[] {
    const lines: LogEntry[] = [];
    for (const [key, period] of this.#periods) {
      // A clock that was set back must not keep a period open.
      const age = Math.abs(now - period.startedAt);
      if (age < this.periodMs) continue;
      if (period.last === undefined) {
        this.#periods.delete(key);
        continue;
      }
      lines.push(countOf(period, period.last, now));
      for (const [text, times] of period.again) {
        if (times === 0) period.again.delete(text);
        else period.again.set(text, 0);
      }
      period.startedAt = now;
      period.counted = 0;
      period.last = undefined;
    }
    return lines;
  }

  /** Ends all periods, at the end of the process. */
  lastCounts(now: number): LogEntry[] {
    const lines = [...this.#periods.values()].flatMap((period) =>
      period.last === undefined ? [] : [countOf(period, period.last, now)],
    );
    this.#periods.clear();
    return lines;
  }
}

function countOf({ startedAt, counted }: Period, last: LogEntry, now: number): LogEntry {
  const seconds = Math.round(Math.abs(now - startedAt) / 1000);
  const fields = { repeated: counted, seconds, ...briefly(last.fields) };
  return { level: last.level, time: now, event: last.event, fields };
}

/** Fields with their errors in a few words. */
function briefly(fields: LogFields, summarize = summarizeError): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? summarize(value) : value]),
  );
}

/** Nodes, ports and milliseconds do not make another cause of a failure. */
function withoutNumbers(error: Error): string {
  return summarizeError(error).replaceAll(/\d+/g, '#');
}

/** What tells a line from others of its event. */
function textOf(fields: LogFields): string {
  try {
    return JSON.stringify(briefly(fields, withoutNumbers), (_name, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  } catch {
    // What cannot be shown cannot be told apart.
    return '';
  }
}
