import type { IncomingHttpHeaders } from 'node:http';

export interface AwsRequest {
  /** What it does, for errors, e.g. `write`. */
  readonly name: string;
  readonly method: 'GET' | 'PUT' | 'DELETE' | 'POST' | 'HEAD';
  /** Begins with a slash; unreserved characters and slashes only. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Whether it may be sent a second time after its connection was lost. */
  readonly repeatable: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** It was sent a second time: the first time it may have been carried out. */
  readonly repeated: boolean;
  /**
   * How far the clock of this machine is ahead of the server's, whole seconds; undefined if the
   * server does not tell its time.
   */
  readonly clockAheadSeconds: number | undefined;
}

/** Sends one request of a call, within what is left of the call's time. */
export type Send = (request: AwsRequest) => Promise<Answer>;
