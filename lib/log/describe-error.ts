import { messageOf } from '../error-message.js';

/** An error as plain data, for a line of the log. */
export interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  /** Of an unexpected error only: where it was made. */
  readonly stack?: string;
  readonly cause?: unknown;
}

/**
 * An error with its causes. Its class is its `name`, as those of a minified bundle say nothing. An
 * error of a class of its own, or of the system, was foreseen: its message says it all. Any other
 * is a bug, or a library's: its stack says where.
 */
export function describeError(error: Error, depth = 0): ErrorDescription {
  const { name, cause } = error;
  const hasStack = !isForeseen(error) && error.stack !== undefined;
  const isLast = cause === undefined || depth >= MAX_CAUSES;
  return {
    name,
    message: messageOf(error),
    ...(hasStack ? { stack: error.stack } : {}),
    ...(isLast ? {} : { cause: cause instanceof Error ? describeError(cause, depth + 1) : cause }),
  };
}

/** An error with its causes in a few words, and always in the same ones. */
export function summarizeError(error: Error): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error && parts.length <= MAX_CAUSES; at = at.cause) {
    parts.push(`${at.name}: ${messageOf(at)}`);
  }
  return parts.join('; ');
}

/** A longer chain of causes is cut: it may be a circle. */
const MAX_CAUSES = 8;

function isForeseen(error: Error): boolean {
  const { syscall } = error as NodeJS.ErrnoException;
  return typeof syscall === 'string' || !COMMON_NAMES.has(error.name);
}

const COMMON_NAMES: ReadonlySet<string> = new Set([
  'Error',
  'AggregateError',
  'AssertionError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
]);
