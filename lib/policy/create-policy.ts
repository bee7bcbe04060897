import type { Config } from '../config.js';
import type { Clock } from '../environment.js';
import type { Log } from '../log.js';
import type { Store } from '../store/store.js';
import { FileList } from './lists/file-list.js';
import { ListStore } from './lists/list-store.js';
import { StoredList } from './lists/stored-list.js';
import type { TorrentList } from './lists/torrent-list.js';
import { ListPolicy } from './list-policy.js';

export interface PolicyComponents {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The policy that the settings describe; undefined if everything is served.
 * @param lifetime of the process: one that lives for long reads a whole list at once
 */
export function createPolicy(
  components: PolicyComponents,
  lifetime: 'long' | 'short',
): ListPolicy | undefined {
  const { config } = components;
  if (config.listMode === 'off') return undefined;
  return new ListPolicy(config.listMode, listOf(components, config.listMode, lifetime));
}

function listOf(
  { config, store, clock, log }: PolicyComponents,
  kind: 'allow' | 'deny',
  lifetime: 'long' | 'short',
): TorrentList {
  const common = { clock, log, seconds: config.listSeconds };
  if (config.listFile !== '') return new FileList({ ...common, path: config.listFile, kind });
  return new StoredList({ ...common, store: new ListStore(store, clock), whole: lifetime === 'long' });
}
