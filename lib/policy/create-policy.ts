import type { Config } from '../config.js';
import type { Clock, Random } from '../environment.js';
import type { Log } from '../log.js';
import type { Store } from '../store/store.js';
import { readPrefixes, sortPrefixes } from './clients/client-prefixes.js';
import { ClientPolicy } from './clients/client-policy.js';
import { ClientStore } from './clients/client-store.js';
import { KeyPolicy } from './keys/key-policy.js';
import { KeyStore } from './keys/key-store.js';
import { ChangingFile } from './lists/changing-file.js';
import { FileList } from './lists/file-list.js';
import { ListStore } from './lists/list-store.js';
import { StoredList } from './lists/stored-list.js';
import type { TorrentList } from './lists/torrent-list.js';
import { ListPolicy } from './list-policy.js';
import { Policies } from './policies.js';

export interface PolicyComponents {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Whether a process lives on between two requests; else it may stand still. */
export type Lifetime = 'long' | 'short';

/** The policies that the settings describe; undefined if everything is served. */
export function createPolicy(components: PolicyComponents, lifetime: Lifetime): Policies | undefined {
  const { config } = components;
  const list =
    config.listMode === 'off'
      ? undefined
      : new ListPolicy(config.listMode, listOf(components, config.listMode, lifetime));
  const keys = config.keys ? keysOf(components, lifetime) : undefined;
  const clients = config.clientMode === 'off' ? undefined : clientsOf(components, config.clientMode);
  const isOpen = list === undefined && clients === undefined && keys === undefined;
  return isOpen ? undefined : new Policies({ list, clients, keys });
}

function listOf(
  { config, store, clock, log }: PolicyComponents,
  kind: 'allow' | 'deny',
  lifetime: Lifetime,
): TorrentList {
  const common = { clock, log, seconds: config.listSeconds };
  if (config.listFile !== '') return new FileList({ ...common, path: config.listFile, kind });
  return new StoredList({ ...common, store: new ListStore(store, clock), whole: lifetime === 'long' });
}

function clientsOf({ config, store, clock, log }: PolicyComponents, kind: 'allow' | 'deny'): ClientPolicy {
  const common = { kind, clock, log, seconds: config.listSeconds };
  if (config.clientFile === '') {
    const clients = new ClientStore(store, clock);
    return new ClientPolicy({ ...common, read: async () => (await clients.read()).prefixes });
  }
  const file = new ChangingFile('CLIENT_FILE', config.clientFile, (bytes) =>
    sortPrefixes(readPrefixes(bytes.toString(), kind)),
  );
  return new ClientPolicy({ ...common, read: () => file.read() });
}

function keysOf({ config, store, clock, random, log }: PolicyComponents, lifetime: Lifetime): KeyPolicy {
  return new KeyPolicy({
    store: new KeyStore(store, clock),
    clock,
    random,
    log,
    seconds: config.listSeconds,
    useSeconds: config.keyUseSeconds,
    peerLifetimeSeconds: config.peerLifetimeSeconds,
    retryInMinutes: config.retryInMinutes,
    writesInAnnounces: lifetime === 'short',
  });
}
