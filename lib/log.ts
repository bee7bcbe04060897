/**
 * Structured log lines: an event name and fields. lib/ writes to this interface only; who starts the process says where lines go.
 * Secrets, peer ids and query strings are never fields.
 */
export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
}

/** A field named `cause` that is an Error is written with its class, message, stack and causes. */
export type LogFields = Readonly<Record<string, unknown>>;
