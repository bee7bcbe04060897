/**
 * Every setting of the tracker, read from the environment or from an action's parameters. The
 * settings themselves are declared in config/, one file a group, and those of a store in its own
 * folder.
 */
import { ConfigError } from './settings/error.js';
import { readSetting, takes } from './settings/read-setting.js';
import { addressSettings, floodSettings } from './config/floods.js';
import { frontSettings } from './config/front.js';
import { listFileSettings, policySettings } from './config/policy.js';
import { purgeSettings } from './config/purge.js';
import { choice, type Setting, type SettingGroup, type ValuesOf } from './settings/setting.js';
import { standaloneSettings } from './config/standalone.js';
import { statsSettings } from './config/stats.js';
import { swarmSettings } from './config/swarm.js';
import { trackerSettings } from './config/tracker.js';
import { udpSettings } from './config/udp.js';
import { driverOf, storeDrivers, storeNames, storeSettings } from './store/registry.js';

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
};

const settings = {
  ...generalSettings,
  ...trackerSettings,
  ...swarmSettings,
  ...policySettings,
  ...listFileSettings,
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

/** A text for a terminal: each setting with what it takes, its default and what it does. */
export function describeSettings(): string {
  const groups: [title: string, group: SettingGroup][] = [
    ['General', generalSettings],
    ['Tracker', trackerSettings],
    ['Swarms', swarmSettings],
    ['Policy', { ...policySettings, ...listFileSettings }],
    ['Floods', { ...floodSettings, ...addressSettings }],
    ['Purge', purgeSettings],
    ['Standalone process', standaloneSettings],
    ['UDP', udpSettings],
    ['Front', frontSettings],
    ['Page and metrics', statsSettings],
    ...storeNames.map((name): [string, SettingGroup] => [`Store ${name}`, storeDrivers[name].settings]),
  ];
  // Stores share settings: each is described where it comes first.
  const described = new Set<Setting<unknown>>();
  const describeOnce = (setting: Setting<unknown>): string => {
    if (described.has(setting)) return '';
    described.add(setting);
    return describe(setting);
  };
  return groups
    .map(([title, group]) => `${title}\n${Object.values(group).map(describeOnce).join('')}`)
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
  const longestIntervalSeconds =
    (config.announceIntervalSeconds * (100 + config.intervalJitterPercent)) / 100;
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
  driverOf(config.storeName).check?.(config);
}
