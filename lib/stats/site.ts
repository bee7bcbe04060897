import { PAGE_POLICY, page } from './page/page.js';
import { ICON } from './page/style.js';
import { siteReply, type SiteReply } from './site-reply.js';
import type { Stats } from './stats.js';

/** How long a reply is given again, milliseconds: whoever asks more often costs next to nothing. */
const VALID_MS = 1000;

/** Replies kept at once: a client may name any host. */
const MAX_REPLIES = 16;

const DAY_SECONDS = 86_400;
const KEPT_A_DAY = { 'Cache-Control': `max-age=${DAY_SECONDS}` };

/** Nothing here changes or is worth finding but the page. */
const robots = siteReply('text/plain; charset=utf-8', 'User-agent: *\nAllow: /$\nDisallow: /\n', KEPT_A_DAY);
const icon = siteReply('image/svg+xml', ICON, KEPT_A_DAY);

/** The page at /, the same as JSON, and what browsers and search engines ask for beside it. */
export class StatsSite {
  private readonly replies = new Map<string, { readonly reply: Promise<SiteReply>; readonly at: number }>();

  /**
   * @param statsFor figures for a client that reaches the tracker under this URL; cheap, and never
   * rejects
   * @param now milliseconds of a clock that never goes back
   */
  constructor(
    private readonly statsFor: (publicUrl: string) => Promise<Stats>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @returns undefined for a path where nothing is */
  reply(path: string, publicUrl: string): Promise<SiteReply> | undefined {
    switch (path) {
      case '/':
        return this.recent(`/ ${publicUrl}`, async () => pageReply(await this.statsFor(publicUrl)));
      case '/stats.json':
        return this.recent(`json ${publicUrl}`, async () => jsonReply(await this.statsFor(publicUrl)));
      case '/robots.txt':
        return Promise.resolve(robots);
      case '/favicon.svg':
      case '/favicon.ico':
        return Promise.resolve(icon);
      default:
        return undefined;
    }
  }

  private recent(key: string, make: () => Promise<SiteReply>): Promise<SiteReply> {
    const now = this.now();
    const known = this.replies.get(key);
    if (known !== undefined && now - known.at < VALID_MS) return known.reply;
    if (this.replies.size >= MAX_REPLIES) this.replies.clear();
    const reply = make();
    this.replies.set(key, { reply, at: now });
    return reply;
  }
}

function pageReply(stats: Stats): SiteReply {
  return siteReply('text/html; charset=utf-8', page(stats), {
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': PAGE_POLICY,
    'Referrer-Policy': 'no-referrer',
  });
}

function jsonReply(stats: Stats): SiteReply {
  return siteReply('application/json', `${JSON.stringify(stats)}\n`, {
    'Cache-Control': 'no-cache',
    'Access-Control-Allow-Origin': '*',
  });
}
