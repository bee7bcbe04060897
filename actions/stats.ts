import { platformAction } from '../lib/openwhisk/platform.js';
import { statsAction } from '../lib/openwhisk/stats-action.js';

/** The action with given components. */
export const create = statsAction;

/** The page of the tracker on OpenWhisk. */
export const main = platformAction(create);
