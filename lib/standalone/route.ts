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
 * be a tracker that cannot be scraped.
 */
export function routeOf(target: string): Route | undefined {
  return routes.get(pathOf(target));
}
