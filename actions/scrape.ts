import { platformAction } from '../lib/openwhisk/platform.js';
import { trackerAction } from '../lib/openwhisk/tracker-action.js';
import type { WebAction } from '../lib/openwhisk/web-action.js';
import type { TrackerComponents } from '../lib/tracker/components.js';
import { ScrapeTracker } from '../lib/tracker/scrape.js';

/** The scrape action with given components, for a process that has its own store. */
export function create(components: TrackerComponents): WebAction {
  return trackerAction(new ScrapeTracker(components), components);
}

/** The scrape action on OpenWhisk. */
export const main = platformAction(create);
