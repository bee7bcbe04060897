/** The settings that a command was given: by a file, and by the environment, which wins. */
import { ConfigError, parseConfig, settingGroups, type Config } from '../config.js';
import { misspeltIn } from '../settings/near-misses.mjs';
import { fromCaller, readSettingsFile, unknownIn, withoutEmpty } from '../settings/settings-file.mjs';
import { deploymentNames, gatewayNames } from './other-names.js';

/** Where a value is from. */
export type Origin =
  | { readonly kind: 'environment' }
  /** Line from 1. */
  | { readonly kind: 'file'; readonly file: string; readonly line: number };

/** A name in the environment that is no setting, and was probably meant as one. */
export interface UnknownSetting {
  readonly name: string;
  /** Undefined if only the beginning of the name is a setting's. */
  readonly meant: string | undefined;
}

export interface GivenSettings {
  /** By name; none is empty. Has whatever else is in the environment, too. */
  readonly values: Readonly<Record<string, string>>;
  readonly unknown: readonly UnknownSetting[];
  /** @param name of one of the values */
  originOf(name: string): Origin;
}

/** With which no other program's names begin. AWS_ and OPENWHISK_ are not among them. */
const PREFIXES = ['RIAK_', 'S3_', 'DYNAMODB_', 'LIST_', 'UDP_', 'NUMWANT_', 'SCRAPE_', 'PURGE_', 'WARM_'];

const ownNames: readonly string[] = settingGroups.flatMap(({ settings }) =>
  Object.values(settings).map(({ name }) => name),
);

/**
 * @param environment settings by name, and whatever else is there; INIT_CWD is where npm was called
 * @param file a settings file (settings-file.mjs), or undefined
 * @throws ConfigError for a file that cannot be read, or has lines or names that are none
 */
export function givenSettings(
  environment: Readonly<Record<string, string | undefined>>,
  file?: string,
): GivenSettings {
  const inFile = file === undefined ? [] : [...settingsIn(fromCaller(file, environment))];
  const inEnvironment = withoutEmpty(environment);
  const origins = new Map<string, Origin>(inFile.map(({ name, origin }) => [name, origin]));
  for (const name of Object.keys(inEnvironment)) origins.delete(name);
  const known = [...ownNames, ...deploymentNames];
  return {
    values: {
      ...Object.fromEntries(inFile.map(({ name, value }) => [name, value])),
      ...inEnvironment,
    },
    unknown: misspeltIn(
      Object.fromEntries(Object.entries(inEnvironment).filter(([name]) => !gatewayNames.includes(name))),
      known,
      PREFIXES,
    ),
    originOf: (name) => origins.get(name) ?? { kind: 'environment' },
  };
}

function* settingsIn(file: string): Generator<{ name: string; value: string; origin: Origin }> {
  let settings;
  try {
    settings = readSettingsFile(file);
  } catch (error) {
    throw new ConfigError(SETTINGS_OPTION, error instanceof Error ? error.message : String(error));
  }
  const unknown = unknownIn(file, settings, [...ownNames, ...deploymentNames, ...gatewayNames]);
  if (unknown.length > 0) {
    throw new ConfigError(SETTINGS_OPTION, unknown.map(({ text }) => text).join('\n'));
  }
  for (const [name, { value, line }] of settings) {
    if (value !== '') yield { name, value, origin: { kind: 'file', file, line } };
  }
}

/**
 * Every setting, given or default.
 * @throws ConfigError for the first one that cannot be used, with the line of the file that it is
 *   from
 */
export function configOf(given: GivenSettings): Config {
  try {
    return parseConfig(given.values);
  } catch (error) {
    throw withOrigin(given, error);
  }
}

/** The error; that of a setting which is from a file says where it stands there. */
export function withOrigin(given: GivenSettings, error: unknown): unknown {
  if (!(error instanceof ConfigError)) return error;
  const origin = given.originOf(error.setting);
  if (origin.kind === 'environment') return error;
  return new ConfigError(error.setting, `${error.problem} (${origin.file}:${origin.line})`);
}

const SETTINGS_OPTION = '--settings';

/**
 * Takes `--settings FILE` or `--settings=FILE` out of arguments, wherever it stands before `--`.
 * @throws ConfigError if it has no file, or comes twice
 */
export function takeSettingsOption(args: readonly string[]): {
  readonly file: string | undefined;
  readonly rest: readonly string[];
} {
  let file: string | undefined;
  const rest: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return { file, rest: [...rest, ...args.slice(at)] };
    if (arg !== SETTINGS_OPTION && !arg.startsWith(`${SETTINGS_OPTION}=`)) {
      rest.push(arg);
      continue;
    }
    const given = arg === SETTINGS_OPTION ? args[++at] : arg.slice(SETTINGS_OPTION.length + 1);
    if (given === undefined || given === '') throw new ConfigError(SETTINGS_OPTION, 'takes a file');
    if (file !== undefined) throw new ConfigError(SETTINGS_OPTION, 'is given twice');
    file = given;
  }
  return { file, rest };
}
