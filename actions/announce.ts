import { platformAction } from '../lib/openwhisk/platform.js';
import { trackerAction } from '../lib/openwhisk/tracker-action.js';
import type { WebAction } from '../lib/openwhisk/web-action.js';
import { AnnounceTracker } from '../lib/tracker/announce.js';
import type { TrackerComponents } from '../lib/tracker/components.js';

/** The announce action with given components, for a process that has its own store. */
export function create(components: TrackerComponents): WebAction {
  return trackerAction(new AnnounceTracker(components), components);
}

/** The announce action on OpenWhisk. */
export const main = platformAction(create);
