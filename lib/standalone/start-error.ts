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
