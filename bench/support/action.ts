/** The tracker's actions as the standalone process uses them: the bundles that are deployed, with components given by the caller. */
import { createRequire } from 'node:module';
import { parseConfig } from '../../lib/config.js';
import type { Clock, Random } from '../../lib/environment.js';
import type { Log } from '../../lib/log.js';
import type { WebAction } from '../../lib/openwhisk/web-action.js';
import type { Store } from '../../lib/store/store.js';
import type { TrackerComponents } from '../../lib/tracker/components.js';
import { bundlePath } from '../paths.js';

export const config = parseConfig({ LOG_LEVEL: 'silent' });

const complain = (event: string): void => {
  throw new Error(`the tracker logged: ${event}`);
};

/** Nothing is to go wrong while something is measured. */
export const strictLog: Log = {
  error: complain,
  warn: complain,
  info: () => undefined,
  debug: () => undefined,
};

export function createAction(
  action: 'announce' | 'scrape',
  { store, clock, random }: { store: Store; clock: Clock; random: Random },
): WebAction {
  const file = bundlePath(action);
  const bundle = createRequire(import.meta.url)(file) as { create(components: TrackerComponents): WebAction };
  return bundle.create({ config, store, clock, random, log: strictLog });
}

/**
 * Runs an action for a client's request.
 * @returns the bencoded reply
 * @throws Error if it is a failure
 */
export async function runAction(action: WebAction, target: string, address: string): Promise<Buffer> {
  const { body } = await action({
    __ow_method: 'get',
    __ow_headers: { 'x-original-uri': target, 'x-real-ip': address },
    __ow_path: '',
  });
  const reply = Buffer.from(body, 'base64');
  if (reply.includes('failure reason')) throw new Error(`${target} was answered ${reply.toString('latin1')}`);
  return reply;
}
