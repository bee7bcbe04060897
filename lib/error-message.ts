/**
 * What an error says. When none of several addresses of a host can be connected to, Node.js gives one error that says nothing, and why is
 * in the errors that it holds, one for each address.
 */
export function messageOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  const reasons: unknown[] = error.errors;
  return reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join('; ');
}

/** What failed, and what the system said unless that is part of it, in one line. */
export function inOneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [text, reason] = [messageOf(error), innermostMessage(error)];
  return (text.includes(reason) ? text : `${text}: ${reason}`).replaceAll(/\s+/g, ' ');
}

function innermostMessage(error: Error): string {
  return error.cause instanceof Error ? innermostMessage(error.cause) : messageOf(error);
}
