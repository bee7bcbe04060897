import { createHash, timingSafeEqual } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { exposition, formatFor, type ExpositionFormat } from './exposition.js';
import type { MetricFamily } from './metric-family.js';
import { siteReply, type SiteReply, type SiteRequest } from './site-reply.js';

/** How long figures are given again, milliseconds: whoever asks more often costs next to nothing. */
const VALID_MS = 1000;

/** What /metrics answers. */
export class MetricsEndpoint {
  private readonly digest: Buffer | undefined;
  private readonly replies = new Map<ExpositionFormat, { reply: Promise<SiteReply>; at: number }>();

  /**
   * @param token what a client has to send as `Authorization: Bearer`; empty: nothing
   * @param collect the figures of now; never rejects
   * @param now milliseconds of a clock that never goes back
   */
  constructor(
    token: string,
    private readonly collect: () => Promise<MetricFamily[]>,
    private readonly now: () => number = () => performance.now(),
  ) {
    if (token !== '') this.digest = digestOf(`Bearer ${token}`);
  }

  reply({ header }: Pick<SiteRequest, 'header'>): Promise<SiteReply> {
    if (!this.isAllowed(header('authorization'))) return Promise.resolve(refusal);
    const format = formatFor(header('accept'));
    const now = this.now();
    const known = this.replies.get(format);
    if (known !== undefined && now - known.at < VALID_MS) return known.reply;
    const reply = this.make(format);
    this.replies.set(format, { reply, at: now });
    return reply;
  }

  /** One family each turn of the event loop: announces do not wait for all of them. */
  private async make(format: ExpositionFormat): Promise<SiteReply> {
    let text = '';
    for (const piece of exposition(await this.collect(), format)) {
      text += piece;
      await nextTurn();
    }
    return siteReply(format.contentType, text, { 'Cache-Control': 'no-store' });
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
