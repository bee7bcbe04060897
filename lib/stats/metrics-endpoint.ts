import { createHash, timingSafeEqual } from 'node:crypto';

import { exposition, formatFor } from './exposition.js';
import type { MetricFamily } from './metric-family.js';
import { siteReply, type SiteReply, type SiteRequest } from './site-reply.js';

/** What /metrics answers. */
export class MetricsEndpoint {
  private readonly digest: Buffer | undefined;

  /**
   * @param token what a client has to send as `Authorization: Bearer`; empty: nothing
   * @param collect the figures of now
   */
  constructor(
    token: string,
    private readonly collect: () => Promise<MetricFamily[]>,
  ) {
    if (token !== '') this.digest = digestOf(`Bearer ${token}`);
  }

  async reply({ header }: Pick<SiteRequest, 'header'>): Promise<SiteReply> {
    if (!this.isAllowed(header('authorization'))) return refusal;
    const format = formatFor(header('accept'));
    return siteReply(format.contentType, exposition(await this.collect(), format), {
      'Cache-Control': 'no-store',
    });
  }

  /** Takes the same time however much of a token is right. */
  private isAllowed(authorization: string | undefined): boolean {
    if (this.digest === undefined) return true;
    return authorization !== undefined && timingSafeEqual(digestOf(authorization), this.digest);
  }
}

const refusal: SiteReply = {
  ...siteReply('text/plain; charset=utf-8', 'the token is missing or wrong\n', {
    'WWW-Authenticate': 'Bearer',
  }),
  status: 401,
};

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
