import { StoreError, StoreUnavailableError } from '../errors.js';

/** What LMDB and the system say of what passes with time: room, a free slot, an I/O fault. */
const PASSING_CODES: ReadonlySet<unknown> = new Set<unknown>([
  -30792, // MDB_MAP_FULL
  -30790, // MDB_READERS_FULL
  4, // EINTR
  5, // EIO
  11, // EAGAIN
  12, // ENOMEM
  23, // ENFILE
  24, // EMFILE
  27, // EFBIG
  28, // ENOSPC
  122, // EDQUOT
]);

/**
 * The system could not write what it was to flush. From then on it may take that for written, so
 * nothing may build on it before a restart.
 */
export class NotFlushedError extends StoreUnavailableError {
  constructor(cause: unknown) {
    super('the log could not be flushed, and is not written to before a restart', { cause });
  }
}

/**
 * Turns whatever lmdb or the file system threw into a StoreError with the cause; `doing` says what
 * failed. To be called as soon as a write rejects: the reason inside lmdb's error is a rejected
 * promise, which would end the process if nobody looked at it in the same turn.
 */
export async function toStoreError(doing: string, error: unknown): Promise<StoreError> {
  if (error instanceof StoreError) return error;
  const cause = isCommitFailure(error) ? await reasonOf(error.commitError) : error;
  const text = cause instanceof Error ? `${doing}: ${cause.message}` : doing;
  return PASSING_CODES.has(codeOf(cause))
    ? new StoreUnavailableError(text, { cause })
    : new StoreError(text, { cause });
}

/** Whether it is an error of the file system with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** What lmdb rejects a write with if its transaction failed. */
interface CommitFailure {
  readonly commitError: PromiseLike<unknown>;
}

function isCommitFailure(error: unknown): error is CommitFailure {
  return error instanceof Error && 'commitError' in error;
}

async function reasonOf(rejected: PromiseLike<unknown>): Promise<unknown> {
  try {
    return await rejected;
  } catch (reason) {
    return reason;
  }
}

/** LMDB's code, or the number of the system's error. */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  // Node has it negative, with a name as the code.
  if ('errno' in error && typeof error.errno === 'number') return -error.errno;
  return 'code' in error ? error.code : undefined;
}
