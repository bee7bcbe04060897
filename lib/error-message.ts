/**
 * What an error says. When none of several addresses of a host can be connected to, Node.js gives
 * one error that says nothing, and why is in the errors that it holds, one for each address.
 */
export function messageOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  const reasons: unknown[] = error.errors;
  return reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join('; ');
}

/** The innermost message of an error, in one line: what the system said. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && error.cause !== undefined) return reasonOf(error.cause);
  return (error instanceof Error ? messageOf(error) : String(error)).replaceAll(/\s+/g, ' ');
}

/** What failed, and what the system said unless that is part of it, in one line. */
export function inOneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [text, reason] = [messageOf(error).replaceAll(/\s+/g, ' '), reasonOf(error)];
  return text.includes(reason) ? text : `${text}: ${reason}`;
}
