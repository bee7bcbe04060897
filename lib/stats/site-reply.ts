/** What the pages of a tracker are asked with, whoever received the request. */
export interface SiteRequest {
  /** Without query. */
  readonly path: string;
  /** A header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** Whether it came through a proxy whose word is believed. */
  readonly isFromTrustedProxy: boolean;
}

export interface SiteReply {
  readonly status: number;
  /** But for those of every reply: Content-Length, Date, Connection. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export function siteReply(contentType: string, body: string, headers: SiteReply['headers'] = {}): SiteReply {
  return {
    status: 200,
    headers: { 'Content-Type': contentType, 'X-Content-Type-Options': 'nosniff', ...headers },
    body: Buffer.from(body),
  };
}
