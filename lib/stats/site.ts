import { PAGE_POLICY, pageAround } from './page/page.js';
import { ICON } from './page/style.js';
import { siteReply, type SiteReply } from './site-reply.js';
import type { Figures } from './stats.js';

/** How long figures are shown again, milliseconds. */
const VALID_MS = 1000;

/** Replies kept at once: a client may name any host. */
const MAX_REPLIES = 16;

const DAY_SECONDS = 86_400;
const KEPT_A_DAY = { 'Cache-Control': `max-age=${DAY_SECONDS}` };

/** Nothing here changes or is worth finding but the page. */
const robots = siteReply('text/plain; charset=utf-8', 'User-agent: *\nAllow: /$\nDisallow: /\n', KEPT_A_DAY);
const icon = siteReply('image/svg+xml', ICON, KEPT_A_DAY);

export interface SiteParts {
  /** Figures of now; cheap, and never rejects. */
  readonly figures: () => Promise<Figures>;
  /** The announce URLs of a tracker that is reached under this URL. */
  readonly announceUrls: (publicUrl: string) => readonly string[];
  /** Seconds for which others may keep the page and the JSON; 0: they ask each time. */
  readonly keptSeconds?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Figures, and what was made of them so far. */
class Rendering {
  readonly figures: Promise<Figures>;
  readonly replies = new Map<string, Promise<SiteReply>>();
  private aroundPage: Promise<(announceUrls: readonly string[]) => string> | undefined;
  private json: Promise<string> | undefined;

  constructor(
    readonly madeAt: number,
    private readonly parts: SiteParts,
  ) {
    this.figures = parts.figures();
  }

  async page(publicUrl: string): Promise<SiteReply> {
    const around = await (this.aroundPage ??= this.figures.then(pageAround));
    return siteReply('text/html; charset=utf-8', around(this.parts.announceUrls(publicUrl)), {
      'Cache-Control': this.cacheControl,
      'Content-Security-Policy': PAGE_POLICY,
      'Referrer-Policy': 'no-referrer',
    });
  }

  async data(publicUrl: string): Promise<SiteReply> {
    const json = await (this.json ??= this.figures.then((figures) => JSON.stringify(figures)));
    const announceUrls = JSON.stringify(this.parts.announceUrls(publicUrl));
    return siteReply('application/json', `{"announceUrls":${announceUrls},${json.slice(1)}\n`, {
      'Cache-Control': this.cacheControl,
      'Access-Control-Allow-Origin': '*',
    });
  }

  private get cacheControl(): string {
    const { keptSeconds = 0 } = this.parts;
    return keptSeconds === 0 ? 'no-cache' : `max-age=${keptSeconds}`;
  }
}

/**
 * The page at /, the same as JSON, and what browsers and search engines ask for beside it. Figures
 * are put together and rendered once a second at most, whatever hosts clients name; a reply for the
 * same URL is the same bytes.
 */
export class StatsSite {
  private rendering: Rendering | undefined;

  constructor(private readonly parts: SiteParts) {}

  /** @returns undefined for a path where nothing is */
  reply(path: string, publicUrl: string): Promise<SiteReply> | undefined {
    switch (path) {
      case '/':
        return this.recent(`/ ${publicUrl}`, (rendering) => rendering.page(publicUrl));
      case '/stats.json':
        return this.recent(`json ${publicUrl}`, (rendering) => rendering.data(publicUrl));
      case '/robots.txt':
        return Promise.resolve(robots);
      case '/favicon.svg':
      case '/favicon.ico':
        return Promise.resolve(icon);
      default:
        return undefined;
    }
  }

  private recent(key: string, make: (rendering: Rendering) => Promise<SiteReply>): Promise<SiteReply> {
    const now = (this.parts.now ?? defaultNow)();
    if (this.rendering === undefined || now - this.rendering.madeAt >= VALID_MS) {
      this.rendering = new Rendering(now, this.parts);
    }
    const { rendering } = this;
    const known = rendering.replies.get(key);
    if (known !== undefined) return known;
    if (rendering.replies.size >= MAX_REPLIES) rendering.replies.clear();
    const reply = make(rendering);
    rendering.replies.set(key, reply);
    return reply;
  }
}

const defaultNow = (): number => performance.now();
