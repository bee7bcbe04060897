/** What announce.lua says when wrk is done. */
export interface WrkResult {
  readonly requests: number;
  readonly microseconds: number;
  /** Latencies in microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Replies that were no 2xx or 3xx. */
  readonly status: number;
  /** Errors of sockets. */
  readonly connect: number;
  readonly read: number;
  readonly write: number;
  readonly timeout: number;
}

const FIELDS = [
  'requests',
  'microseconds',
  'p50',
  'p99',
  'status',
  'connect',
  'read',
  'write',
  'timeout',
] as const;

/** @throws Error if there is no result in it, or half a one */
export function parseWrkOutput(output: string): WrkResult {
  const json = /^RESULT (.*)$/m.exec(output)?.[1];
  if (json === undefined) throw new Error(`wrk gave no result:\n${output}`);
  const result = JSON.parse(json) as WrkResult;
  for (const field of FIELDS) {
    if (!Number.isFinite(result[field])) throw new Error(`wrk gave no ${field}: ${json}`);
  }
  return result;
}

export function perSecond({ requests, microseconds }: WrkResult): number {
  return (requests * 1e6) / microseconds;
}

/**
 * Refuses a result with errors in it.
 * @param closesUnasked the server ends each connection after its reply without saying so: wrk
 *   counts each as a read error and connects anew
 * @throws Error that says which errors there were
 */
export function refuseErrors(who: string, result: WrkResult, { closesUnasked = false } = {}): void {
  const { requests, status, connect, read, write, timeout } = result;
  const reads = closesUnasked ? 0 : read;
  if (requests > 0 && status + connect + reads + write + timeout === 0) return;
  throw new Error(`${who}: ${JSON.stringify(result)}`);
}
