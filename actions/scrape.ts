import { HttpFront } from '../lib/http/front.js';
import { platformAction } from '../lib/openwhisk/platform.js';
import { trackerAction } from '../lib/openwhisk/tracker-action.js';
import type { WebAction } from '../lib/openwhisk/web-action.js';
import type { TrackerComponents } from '../lib/tracker/components.js';

/** The scrape action with given components. */
export function create(components: TrackerComponents): WebAction {
  const front = new HttpFront(components);
  return trackerAction(front.scrape, front.failure, components);
}

/** The scrape action on OpenWhisk. */
export const main = platformAction(create);
