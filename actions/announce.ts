import { HttpFront } from '../lib/http/front.js';
import { platformAction } from '../lib/openwhisk/platform.js';
import { trackerAction } from '../lib/openwhisk/tracker-action.js';
import type { WebAction } from '../lib/openwhisk/web-action.js';
import type { TrackerComponents } from '../lib/tracker/components.js';

/** The announce action with given components. */
export function create(components: TrackerComponents): WebAction {
  const front = new HttpFront(components);
  return trackerAction(front.announce, front.failure, components);
}

/** The announce action on OpenWhisk. */
export const main = platformAction(create);
