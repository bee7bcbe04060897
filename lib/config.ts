/**
 * Every setting of the tracker, read from the environment or from an action's parameters.
 * The settings themselves are declared in config/, one file a group. A store's settings are a group of their own:
 * add the file, then an entry in `storeGroups`, and STORE takes it.
 */
import { ConfigError } from './config/error.js';
import { lmdbSettings } from './config/lmdb.js';
import { readSetting, takes } from './config/read-setting.js';
import { purgeSettings } from './config/purge.js';
import { riakSettings } from './config/riak.js';
import { choice, type Setting } from './config/setting.js';
import { standaloneSettings } from './config/standalone.js';
import { swarmSettings } from './config/swarm.js';
import { trackerSettings } from './config/tracker.js';

export { ConfigError } from './config/error.js';

const storeGroups = { lmdb: lmdbSettings, riak: riakSettings };

export type StoreName = keyof typeof storeGroups;

const generalSettings = {
  storeName: choice<StoreName>('STORE', {
    description: 'Where peers and download counts are kept.',
    options: Object.keys(storeGroups) as StoreName[],
    default: 'lmdb',
  }),
  logLevel: choice('LOG_LEVEL', {
    description: 'The least important log lines that are written.',
    options: ['silent', 'error', 'warn', 'info', 'debug'],
    default: 'warn',
  }),
};

const settings = {
  ...generalSettings,
  ...trackerSettings,
  ...swarmSettings,
  ...purgeSettings,
  ...standaloneSettings,
  ...storeGroups.lmdb,
  ...storeGroups.riak,
};

type Settings = typeof settings;

/** A value for every setting, checked; times and sizes have their unit in the field's name. */
export type Config = { readonly [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never };

/**
 * Reads every setting from `source`: environment variables, or an OpenWhisk action's parameters, where numbers and booleans
 * may be themselves. What is missing, null or empty takes its default. Names that are no setting are left alone,
 * since both sources hold other things too.
 * @throws ConfigError for the first setting that cannot be used
 */
export function parseConfig(source: Readonly<Record<string, unknown>>): Config {
  const entries = Object.entries<Setting<unknown>>(settings).map(([field, setting]) => [
    field,
    readSetting(setting, source),
  ]);
  const config = Object.freeze(Object.fromEntries(entries)) as Config;
  crossCheck(config);
  return config;
}

/** A text for a terminal: each setting with what it takes, its default and what it does. */
export function describeSettings(): string {
  const groups: [title: string, group: Readonly<Record<string, Setting<unknown>>>][] = [
    ['General', generalSettings],
    ['Tracker', trackerSettings],
    ['Swarms', swarmSettings],
    ['Purge', purgeSettings],
    ['Standalone process', standaloneSettings],
    ...Object.entries(storeGroups).map(([name, group]): [string, typeof group] => [`Store ${name}`, group]),
  ];
  return groups
    .map(([title, group]) => `${title}\n${Object.values(group).map(describe).join('')}`)
    .join('\n');
}

function describe(setting: Setting<unknown>): string {
  return `  ${setting.name}\n      ${setting.description}\n      Takes ${takes(setting)}; default ${defaultText(setting)}.\n`;
}

function defaultText(setting: Setting<unknown>): string {
  const preset = setting.default;
  if (!('value' in preset)) return `${preset.times} x ${preset.of.name}`;
  if (typeof preset.value === 'boolean') return preset.value ? 'on' : 'off';
  const text = String(preset.value);
  return text === '' ? 'none' : text;
}

/** What must hold between settings, given or default. */
function crossCheck(config: Config): void {
  const longestIntervalSeconds = config.announceIntervalSeconds * (1 + config.intervalJitterPercent / 100);
  if (config.minIntervalSeconds > config.announceIntervalSeconds) {
    throw new ConfigError(
      'MIN_INTERVAL',
      `is ${config.minIntervalSeconds}, takes at most ANNOUNCE_INTERVAL, which is ${config.announceIntervalSeconds}`,
    );
  }
  if (config.peerLifetimeSeconds <= longestIntervalSeconds) {
    throw new ConfigError(
      'PEER_LIFETIME',
      `is ${config.peerLifetimeSeconds}, takes more than the longest interval, which is ${longestIntervalSeconds} (ANNOUNCE_INTERVAL and INTERVAL_JITTER)`,
    );
  }
  if (config.warmSeconds >= config.peerLifetimeSeconds) {
    // A purge may remove the last trace of where a shard's peers went after so long (docs/decisions/0009-purge.md).
    throw new ConfigError(
      'WARM_SECONDS',
      `is ${config.warmSeconds}, takes less than PEER_LIFETIME, which is ${config.peerLifetimeSeconds}`,
    );
  }
  if (config.numwantDefault > config.numwantMax) {
    throw new ConfigError(
      'NUMWANT_DEFAULT',
      `is ${config.numwantDefault}, takes at most NUMWANT_MAX, which is ${config.numwantMax}`,
    );
  }
  if (config.requestTimeoutMs < config.headersTimeoutMs) {
    throw new ConfigError(
      'REQUEST_TIMEOUT',
      `is ${config.requestTimeoutMs}, takes at least HEADERS_TIMEOUT, which is ${config.headersTimeoutMs}`,
    );
  }
  if (config.storeName === 'riak' && config.riakConnectTimeoutMs >= config.riakCallTimeoutMs) {
    // Else a call would give up before anybody knows that the node is silent.
    throw new ConfigError(
      'RIAK_CONNECT_TIMEOUT',
      `is ${config.riakConnectTimeoutMs}, takes less than RIAK_CALL_TIMEOUT, which is ${config.riakCallTimeoutMs}`,
    );
  }
  if (config.storeName === 'riak' && config.riakReplicaTimeoutMs > config.riakCallTimeoutMs / 2) {
    // Else no time would be left to take the answer of another replica.
    throw new ConfigError(
      'RIAK_REPLICA_TIMEOUT',
      `is ${config.riakReplicaTimeoutMs}, takes at most half of RIAK_CALL_TIMEOUT, which is ${config.riakCallTimeoutMs}`,
    );
  }
}
