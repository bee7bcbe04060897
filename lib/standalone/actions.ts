import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { WebAction } from '../openwhisk/web-action.js';
import type { TrackerComponents } from '../tracker/components.js';
import { StartError } from './start-error.js';

/** A bundle as this process uses it: given its components, where OpenWhisk would let it make its own from the parameters. */
interface ActionBundle {
  create(components: TrackerComponents): WebAction;
}

/**
 * Loads an action's bundle, the very file that OpenWhisk runs.
 * @param directory absolute, where the bundles are
 * @throws StartError if there is no such bundle, or it is none
 */
export function loadAction(directory: string, name: string, components: TrackerComponents): WebAction {
  const file = join(directory, `${name}.js`);
  try {
    const bundle = createRequire(file)(file) as ActionBundle;
    return bundle.create(components);
  } catch (cause) {
    throw new StartError(`cannot load the action ${name} from ${file}: run npm run build`, { cause });
  }
}
