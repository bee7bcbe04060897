/** What can go wrong between this process and a signed API. */
import { StoreError, StoreUnavailableError } from '../errors.js';
import type { Answer } from './request.js';

/** What a server's refusal says of itself. */
export interface RefusalText {
  /** The error code of the API, e.g. `NoSuchBucket`; empty if there is none. */
  readonly code: string;
  readonly message: string;
}

/** The server refused a request. `code` is that of the API. */
export class RefusalError extends StoreError {
  override readonly name = 'RefusalError';

  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
  ) {
    super(message);
  }
}

/** Servers' texts can be long. */
const maxTextLength = 200;

/** Seconds that a clock may be off before it is worth a word; AWS refuses at 300 and more. */
const toleratedSkewSeconds = 60;

/** Codes that pass by themselves, on any status. */
const passing = /slow_?down|throttl|throughput|limitexceeded|toomany|busy|requesttimeout$|inprogress/i;

/**
 * The error for an answer that is a refusal. Overload passes by itself; so does everything that is
 * the server's own fault.
 * @param what the request, e.g. `S3 refused a write`
 */
export function refusal(what: string, answer: Answer, { code, message }: RefusalText): StoreError {
  const reason = [String(answer.status), code, message.slice(0, maxTextLength)].filter((part) => part !== '');
  const text = `${what}: ${reason.join(' ')}${skewText(answer)}`;
  if (answer.status >= 500 || answer.status === 429 || passing.test(code)) {
    return new StoreUnavailableError(text, { cause: new RefusalError(text, answer.status, code) });
  }
  return new RefusalError(text, answer.status, code);
}

/** A clock that is off is behind most refused signatures, and no server says by how much. */
function skewText({ status, clockAheadSeconds }: Answer): string {
  if (status !== 400 && status !== 403) return '';
  if (clockAheadSeconds === undefined || Math.abs(clockAheadSeconds) < toleratedSkewSeconds) return '';
  const direction = clockAheadSeconds > 0 ? 'ahead of' : 'behind';
  return `; the clock of this machine is ${Math.abs(clockAheadSeconds)} s ${direction} the server's`;
}
