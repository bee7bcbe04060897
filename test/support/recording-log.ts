import type { Log, LogFields } from '../../lib/log.js';

/** A log that keeps its lines for a test to look at, and writes none. */
export class RecordingLog implements Log {
  readonly lines: { level: string; event: string; fields: LogFields }[] = [];

  error(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'error', event, fields });
  }

  warn(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'warn', event, fields });
  }

  info(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'info', event, fields });
  }

  debug(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'debug', event, fields });
  }
}
