import type { IncomingHttpHeaders } from 'node:http';

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly milliseconds: number;
}

export function getOnce(
  url: string,
  headers: Readonly<Record<string, string>>,
  target?: string,
): Promise<Answer>;
