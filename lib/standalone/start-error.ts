import { messageOf } from '../error-message.js';

/** Why the process cannot start, or cannot do what it was started for, in words for whoever started it. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The innermost message: what the system said. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? messageOf(error) : reasonOf(error.cause);
}

/** What failed, and what the system said unless that is part of it. */
export function inOneLine(error: unknown): string {
  const reason = reasonOf(error);
  const message = error instanceof Error ? messageOf(error) : reason;
  return (message.includes(reason) ? message : `${message}: ${reason}`).replaceAll(/\s+/g, ' ');
}
