import { keyedPathOf } from '../bittorrent/passkey.js';
import { pathOf } from '../http/request-target.js';

export type Route = 'announce' | 'scrape' | 'health';

const routes = new Map<string, Route>([
  ['/announce', 'announce'],
  ['/scrape', 'scrape'],
  ['/health', 'health'],
]);

/**
 * What a request target asks for, undefined if no work of a tracker. Paths are compared exactly:
 * clients find the scrape URL by replacing `announce` after the last slash, so `/announce/` would
 * be a tracker that cannot be scraped. A client's own part may come before: `/KEY/announce`.
 */
export function routeOf(target: string): Route | undefined {
  const path = pathOf(target);
  return routes.get(path) ?? keyedPathOf(path)?.action;
}
