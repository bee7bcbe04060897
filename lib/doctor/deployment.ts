/** What there is to examine, by the settings. */
import { ConfigError, parseConfig, type Config } from '../config.js';
import { withoutEmpty } from '../settings/settings-file.mjs';
import { platformSettings } from '../deployment/platform-settings.mjs';
import type { Platform } from '../deployment/web-action-client.mjs';
import { problemsOf, type Kind } from '../deployment/setting-kinds.mjs';

/** The tracker's actions on an OpenWhisk. */
export interface PlatformDeployment extends Platform {
  readonly secret: string;
  /** The namespace's key; without it the API is not looked at. */
  readonly auth: string | undefined;
  /** What the actions are to have been deployed with. */
  readonly concurrency: number | undefined;
  /** How many announces to send to see the limits; 0: none. */
  readonly burst: number;
}

export interface Deployment {
  readonly config: Config;
  readonly platform: PlatformDeployment | undefined;
  /** URL without a path. */
  readonly gateway: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** More than the default limit of two minutes: see openwhisk/limits.ts. */
const defaultBurst = 130;

const burst: Kind = {
  takes: 'a whole number from 0 to 5000',
  accepts: (text) => /^\d{1,4}$/.test(text) && Number(text) <= 5000,
};

const gatewayUrl: Kind = {
  takes: 'the URL of the gateway, with http:// or https:// and without a path',
  accepts: (text) => /^https?:\/\/[^\s/?#@]+\/?$/.test(text) && URL.canParse(text),
};

/**
 * Without OPENWHISK_APIHOST there is no OpenWhisk, without GATEWAY_URL no gateway. On OpenWhisk the
 * store is Riak, which nobody has to say.
 * @throws ConfigError for the first setting that is missing or cannot be used
 */
export function deploymentOf(environment: Environment): Deployment {
  const { OPENWHISK_APIHOST: apiHost = '', GATEWAY_URL: gateway = '' } = environment;
  if (gateway !== '') check(environment, {}, { GATEWAY_URL: gatewayUrl });
  return {
    config: parseConfig(apiHost === '' ? environment : { STORE: 'riak', ...withoutEmpty(environment) }),
    platform: apiHost === '' ? undefined : platformOf(environment),
    gateway: gateway === '' ? undefined : gateway.replace(/\/$/, ''),
  };
}

function platformOf(environment: Environment): PlatformDeployment {
  const { OPENWHISK_AUTH, ACTION_CONCURRENCY, ...required } = platformSettings;
  check(environment, required, { OPENWHISK_AUTH, ACTION_CONCURRENCY, DOCTOR_BURST: burst });
  const given = withoutEmpty(environment);
  const concurrency = given['ACTION_CONCURRENCY'];
  return {
    apiHost: given['OPENWHISK_APIHOST'] ?? '',
    namespace: given['OPENWHISK_NAMESPACE'] ?? '',
    secret: given['TRACKER_SECRET'] ?? '',
    auth: given['OPENWHISK_AUTH'],
    concurrency: concurrency === undefined ? undefined : Number(concurrency),
    burst: Number(given['DOCTOR_BURST'] ?? defaultBurst),
  };
}

function check(
  environment: Environment,
  required: Readonly<Record<string, Kind>>,
  optional: Readonly<Record<string, Kind>>,
): void {
  const [problem] = problemsOf(environment, required, optional);
  if (problem === undefined) return;
  const [, name = '', what = ''] = /^(\w+): (.*)$/s.exec(problem) ?? [];
  throw new ConfigError(name, what);
}
