import { StoreError, StoreUnavailableError } from '../errors.js';
import { ConnectionLostError, NoAnswerError, ProtocolError } from '../remote/failures.js';

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

/**
 * Riak refuses the user: the name, the password or the certificate is wrong, or where it comes
 * from.
 */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError';
}

/** Some errors of Riak come with a stack trace of many kilobytes. */
const longestReason = 200;

function shortened(reason: string): string {
  return reason.length <= longestReason ? reason : `${reason.slice(0, longestReason)}...`;
}

/**
 * Reasons that pass by themselves: Riak is busy, too few of its nodes are up, an object has
 * siblings that the next merge takes away, or the node has started a moment ago and does not know
 * its services yet.
 */
const passing =
  /timeout|overload|insufficient_vnodes|_val_unsatisfied|all_nodes_down|mailbox|too[ _]many|unknown message code/i;

/** With these Riak has not begun to do what was asked. */
const unbegun = /overload|insufficient_vnodes|all_nodes_down|unknown message code/i;

/**
 * Whether a command that failed so has surely had no effect, so that it may be sent again whatever
 * it is.
 */
export function isUnbegun(failure: unknown): boolean {
  return failure instanceof RiakErrorAnswer && unbegun.test(failure.reason);
}

/** Whether Riak has waited for its replicas for as long as it was told to. */
export function isReplicaTimeout(failure: unknown): boolean {
  return failure instanceof RiakErrorAnswer && /timeout/i.test(failure.reason);
}

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
    failure instanceof AuthenticationError ||
    failure instanceof ProtocolError
  ) {
    return new StoreUnavailableError(`Riak did not serve a ${command}: ${failure.message}`, {
      cause: failure,
    });
  }
  return new StoreError(`a ${command} to Riak failed`, { cause: failure });
}
