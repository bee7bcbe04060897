/** What a request is answered with: frames, or an error as Riak words it. */

import type { Frame } from './framing.js';
import { Code, errorAnswer } from './messages.js';

/** Riak answers the request with this text in an RpbErrorResp. */
export class RiakError extends Error {
  override readonly name: string = 'RiakError';

  constructor(
    message: string,
    readonly errorCode = 0,
  ) {
    super(message);
  }
}

/** Handling the request crashed in Riak: it answers with the crash and closes the connection. */
export class RiakCrash extends RiakError {
  override readonly name = 'RiakCrash';
}

export function errorFrame(message: string, errorCode = 0): Frame {
  return {
    code: Code.error,
    body: errorAnswer.encode({ errmsg: Buffer.from(message), errcode: errorCode }),
  };
}

/** A binary as Erlang's `~p` prints it, for error texts. */
export function printed(bytes: Buffer): string {
  return /^[\x20-\x7e]*$/.test(bytes.toString('latin1'))
    ? `<<"${bytes.toString('latin1')}">>`
    : `<<${[...bytes].join(',')}>>`;
}
