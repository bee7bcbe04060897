import { HttpFront } from '../lib/http/front.js';
import { withBatches } from '../lib/openwhisk/batch-action.js';
import { platformAction } from '../lib/openwhisk/platform.js';
import { trackerAction } from '../lib/openwhisk/tracker-action.js';
import type { WebAction } from '../lib/openwhisk/web-action.js';
import type { TrackerComponents } from '../lib/tracker/components.js';
import { Tracker } from '../lib/tracker/tracker.js';

/** The announce action with given components. */
export function create(components: TrackerComponents): WebAction {
  const tracker = new Tracker(components);
  const front = new HttpFront(components, tracker);
  return withBatches(trackerAction(front.announce, front.failure, components), tracker, components);
}

/** The announce action on OpenWhisk. */
export const main = platformAction(create);
