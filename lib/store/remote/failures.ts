/** What can go wrong between this process and a server; stores tell it in errors of their own. */

/** An open connection went away while a call was on it: the call may have been carried out. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

/** The server kept silent for too long: the call may have been carried out. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** The bytes that came are no answer to what was asked. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}
