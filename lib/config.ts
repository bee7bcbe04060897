/**
 * Every setting of the tracker, read from the environment or from an action's parameters. The
 * settings themselves are declared in config/, one file a group, and those of a store in its own
 * folder.
 */
import { ConfigError } from './settings/error.js';
import { readSetting, takes } from './settings/read-setting.js';
import { addressSettings, floodSettings } from './config/floods.js';
import { frontSettings } from './config/front.js';
import { policyFileSettings, policySettings } from './config/policy.js';
import { purgeSettings } from './config/purge.js';
import { choice, type Setting, type SettingGroup, type ValuesOf } from './settings/setting.js';
import { standaloneSettings } from './config/standalone.js';
import { statsSettings } from './config/stats.js';
import { swarmSettings } from './config/swarm.js';
import { longestIntervalSeconds, trackerSettings } from './config/tracker.js';
import { udpSettings } from './config/udp.js';
import { driverOf, storeDrivers, storeNames, storeSettings, type StoreName } from './store/registry.js';

export { ConfigError } from './settings/error.js';

const generalSettings = {
  storeName: choice('STORE', {
    description: 'Where peers and download counts are kept.',
    options: storeNames,
    default: 'lmdb',
  }),
  logLevel: choice('LOG_LEVEL', {
    description: 'The least important log lines that are written.',
    options: ['silent', 'error', 'warn', 'info', 'debug'],
    default: 'warn',
  }),
  logFormat: choice('LOG_FORMAT', {
    description: 'How log lines look; auto: text on a terminal, json elsewhere.',
    options: ['auto', 'json', 'text'],
    default: 'auto',
  }),
};

const settings = {
  ...generalSettings,
  ...trackerSettings,
  ...swarmSettings,
  ...policySettings,
  ...policyFileSettings,
  ...floodSettings,
  ...addressSettings,
  ...purgeSettings,
  ...standaloneSettings,
  ...udpSettings,
  ...frontSettings,
  ...statsSettings,
  ...storeSettings,
};

/** A value for every setting, checked; times and sizes have their unit in the field's name. */
export type Config = ValuesOf<typeof settings>;

/**
 * Reads every setting from `source`: environment variables, or an OpenWhisk action's parameters,
 * where numbers and booleans may be themselves. What is missing, null or empty takes its default.
 * Names that are no setting are left alone, since both sources hold other things too.
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

/** Settings that belong together, by the names of their fields in `Config`. */
export interface TitledGroup {
  readonly title: string;
  readonly settings: SettingGroup;
  /** The stores that use them; undefined: all do. */
  readonly stores?: readonly StoreName[];
}

/** Every setting once, in the order of the help; what stores share is where it comes first. */
export const settingGroups: readonly TitledGroup[] = [
  { title: 'General', settings: generalSettings },
  { title: 'Tracker', settings: trackerSettings },
  { title: 'Swarms', settings: swarmSettings },
  { title: 'Policy', settings: { ...policySettings, ...policyFileSettings } },
  { title: 'Floods', settings: { ...floodSettings, ...addressSettings } },
  { title: 'Purge', settings: purgeSettings },
  { title: 'Standalone process', settings: standaloneSettings },
  { title: 'UDP', settings: udpSettings },
  { title: 'Front', settings: frontSettings },
  { title: 'Page and metrics', settings: statsSettings },
  ...groupsOfStores(),
];

/** The settings of each store, and before them those that it shares with a later one. */
function groupsOfStores(): TitledGroup[] {
  const usersOf = (field: string): StoreName[] =>
    storeNames.filter((name) => field in storeDrivers[name].settings);
  const groups = new Map<string, { stores: StoreName[]; settings: Record<string, Setting<unknown>> }>();
  for (const [field, setting] of Object.entries<Setting<unknown>>(storeSettings)) {
    const stores = usersOf(field);
    const title = `Store ${stores.join(' and ')}`;
    const group = groups.get(title) ?? { stores, settings: {} };
    group.settings[field] = setting;
    groups.set(title, group);
  }
  return Array.from(groups, ([title, group]) => ({ title, ...group }));
}

/** A text for a terminal: each setting with what it takes, its default and what it does. */
export function describeSettings(): string {
  return settingGroups
    .map(({ title, settings }) => `${title}\n${Object.values(settings).map(describe).join('')}`)
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
  const longest = longestIntervalSeconds(config);
  if (config.minIntervalSeconds > config.announceIntervalSeconds) {
    throw new ConfigError(
      'MIN_INTERVAL',
      `is ${config.minIntervalSeconds}, takes at most ANNOUNCE_INTERVAL, which is ${config.announceIntervalSeconds}`,
    );
  }
  if (config.peerLifetimeSeconds <= longest) {
    throw new ConfigError(
      'PEER_LIFETIME',
      `is ${config.peerLifetimeSeconds}, takes more than the longest interval, which is ${longest} (ANNOUNCE_INTERVAL and INTERVAL_JITTER)`,
    );
  }
  if (config.peerLifetimeSeconds <= config.refreshEvery * longest) {
    throw new ConfigError(
      'PEER_LIFETIME',
      `is ${config.peerLifetimeSeconds}, takes more than ${config.refreshEvery * longest} with REFRESH_EVERY=${config.refreshEvery}: as many of the longest interval, which is ${longest}`,
    );
  }
  if (config.warmSeconds >= config.peerLifetimeSeconds) {
    // A purge may remove the last trace of where a shard's peers went after so long
    // (docs/decisions/0009-purge.md).
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
  if (config.listFile !== '' && config.listMode === 'off') {
    throw new ConfigError('LIST_FILE', 'is set, takes LIST_MODE=allow or LIST_MODE=deny beside it');
  }
  if (config.clientFile !== '' && config.clientMode === 'off') {
    throw new ConfigError('CLIENT_FILE', 'is set, takes CLIENT_MODE=allow or CLIENT_MODE=deny beside it');
  }
  driverOf(config.storeName).check?.(config);
}
