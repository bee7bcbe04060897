const UNAVAILABLE = 'StoreUnavailableError';

/**
 * A store call that failed. The swarm layer passes it on; the client gets a fixed text, the log
 * gets the cause.
 */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
}

/**
 * The store cannot be reached, did not answer in time, or has no room for another call: trying
 * again later helps.
 */
export class StoreUnavailableError extends StoreError {
  override readonly name = UNAVAILABLE;
}

/** The store is not opened as it is; the message says what somebody has to do about it. */
export class StoreRefusedError extends StoreError {
  override readonly name = 'StoreRefusedError';
}

/**
 * Whether an error is a StoreUnavailableError, also one of another bundle, whose classes are
 * others.
 */
export function isStoreUnavailable(error: unknown): boolean {
  return error instanceof Error && error.name === UNAVAILABLE;
}
