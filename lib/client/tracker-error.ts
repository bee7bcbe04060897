/** Why a tracker gave no answer that can be used. */
export class TrackerError extends Error {
  override readonly name = 'TrackerError';

  /**
   * @param kind `address`: the URL cannot be used; `unreachable`: nothing came in time;
   *   `refused`: the tracker says no, and the message is its own text; `malformed`: what came is no
   *   reply
   */
  constructor(
    readonly kind: 'address' | 'unreachable' | 'refused' | 'malformed',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function malformed(what: string, cause?: unknown): TrackerError {
  return new TrackerError('malformed', what, cause === undefined ? undefined : { cause });
}
