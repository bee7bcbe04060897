/** The tracker as the standalone process has it, with components given by the caller. */
import { parseConfig } from '../../lib/config.js';
import { parseAddress } from '../../lib/bittorrent/address.js';
import type { Clock, Random } from '../../lib/environment.js';
import { HttpFront, type HttpHandler } from '../../lib/http/front.js';
import type { Log } from '../../lib/log.js';
import type { Store } from '../../lib/store/store.js';

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

export function createFront(components: { store: Store; clock: Clock; random: Random }): HttpFront {
  return new HttpFront({ ...components, config, log: strictLog });
}

/**
 * What a client at an address is answered.
 * @returns the bencoded reply
 * @throws Error for a failure
 */
export function ask(handler: HttpHandler, target: string, address: string): Promise<Buffer> {
  const from = parseAddress(address);
  if (from === undefined) throw new Error(`${address} is no address`);
  return handler(target, from);
}
