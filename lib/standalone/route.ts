import { pathOf } from '../http/request-target.js';

export type Route = 'announce' | 'scrape' | 'health' | 'front page';

const routes = new Map<string, Route>([
  ['/announce', 'announce'],
  ['/scrape', 'scrape'],
  ['/health', 'health'],
  ['/', 'front page'],
]);

/**
 * What a request target asks for, undefined if nothing here. Paths are compared exactly: clients find the scrape URL by
 * replacing `announce` after the last slash, so `/announce/` would be a tracker that cannot be scraped.
 */
export function routeOf(target: string): Route | undefined {
  return routes.get(pathOf(target));
}
