/**
 * Structured log lines: an event name and fields. lib/ writes to this interface only; who starts
 * the process says where lines go. Secrets, peer ids and query strings are never fields.
 */
export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
}

/** A field named `cause` that is an Error is written with its class, message, stack and causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * A log whose lines have these fields too, before their own. Costs no more than an object, so that
 * there may be one for each request.
 */
export function withFields(log: Log, fields: LogFields): Log {
  return new LogWithFields(log, fields);
}

class LogWithFields implements Log {
  constructor(
    private readonly log: Log,
    private readonly fields: LogFields,
  ) {}

  error(event: string, fields?: LogFields): void {
    this.log.error(event, { ...this.fields, ...fields });
  }

  warn(event: string, fields?: LogFields): void {
    this.log.warn(event, { ...this.fields, ...fields });
  }

  info(event: string, fields?: LogFields): void {
    this.log.info(event, { ...this.fields, ...fields });
  }

  debug(event: string, fields?: LogFields): void {
    this.log.debug(event, { ...this.fields, ...fields });
  }
}
