import { StoreError, StoreUnavailableError } from '../errors.js';

/** The connection went away while a command was on it: the command may have been carried out. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

/** Riak kept silent for too long: the command may have been carried out. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** The bytes that came are no answer to what was asked. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Riak answered with an error (RpbErrorResp). */
export class RiakErrorAnswer extends Error {
  override readonly name = 'RiakErrorAnswer';

  /** @param code errcode of the answer; Riak sends 0 for nearly everything */
  constructor(
    readonly reason: string,
    readonly code: number,
  ) {
    super(shortened(reason));
  }
}

/** Some errors of Riak come with a stack trace of many kilobytes. */
const longestReason = 200;

function shortened(reason: string): string {
  return reason.length <= longestReason ? reason : `${reason.slice(0, longestReason)}...`;
}

/** Reasons that pass by themselves: Riak is busy, too few of its nodes are up, or an object has siblings that the next merge takes away. */
const passing = /timeout|overload|insufficient_vnodes|_val_unsatisfied|all_nodes_down|mailbox|too[ _]many/i;

/** The error that a caller of the store gets for a command that failed. */
export function storeErrorOf(command: string, failure: unknown): StoreError {
  if (failure instanceof StoreError) return failure;
  if (failure instanceof RiakErrorAnswer && !passing.test(failure.reason)) {
    return new StoreError(`Riak refused a ${command}: ${failure.message}`, { cause: failure });
  }
  if (
    failure instanceof RiakErrorAnswer ||
    failure instanceof ConnectionLostError ||
    failure instanceof NoAnswerError ||
    failure instanceof ProtocolError
  ) {
    return new StoreUnavailableError(`Riak did not serve a ${command}: ${failure.message}`, {
      cause: failure,
    });
  }
  return new StoreError(`a ${command} to Riak failed`, { cause: failure });
}
