import { constants, fstatSync, openSync, writeSync } from 'node:fs';

/**
 * Writes to standard output (1) or standard error (2) without ever waiting for who reads it.
 * @returns a function that writes from the start of the bytes. It returns how many were taken, and
 *   throws the error of the system if none was: EAGAIN from what is full, EIO from a terminal that
 *   is gone, EPIPE, ENOSPC
 */
export function nonBlockingWriter(descriptor: 1 | 2): (bytes: Buffer) => number {
  const target = nonBlocking(descriptor);
  return (bytes) => writeSync(target, bytes);
}

/**
 * A pipe or terminal is opened anew: whether a descriptor waits is shared with all programs that
 * have inherited it, and they may count on it.
 */
function nonBlocking(descriptor: 1 | 2): number {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    const kind = fstatSync(descriptor);
    // Nobody reads a file: writes do not wait for that.
    if (kind.isFile()) return descriptor;
    if (!kind.isSocket()) return openSync(`/dev/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // A pipe without a reader, or another user's. What follows does for those, too.
  }
  try {
    // Node makes the descriptor of a pipe or a socket non-blocking when it makes a stream of it.
    (descriptor === 1 ? process.stdout : process.stderr).on('error', () => undefined);
  } catch {
    // Of a terminal that is gone there is no stream, and no write to it waits.
  }
  return descriptor;
}
