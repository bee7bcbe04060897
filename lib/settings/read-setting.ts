import { ConfigError } from './error.js';
import type { Setting } from './setting.js';

/**
 * The value of a setting: what is given, or else its default.
 * @throws ConfigError if what is given cannot be used
 */
export function readSetting<T>(setting: Setting<T>, source: Readonly<Record<string, unknown>>): T {
  const given = source[setting.name] ?? '';
  const text = textOf(given);
  if (text === '') return defaultOf(setting, source);
  const value = text === undefined ? undefined : setting.read(text);
  if (value === undefined) {
    const got = setting.secret ? 'a value that is not shown' : shown(given);
    throw new ConfigError(setting.name, `got ${got}, takes ${takes(setting)}`);
  }
  return value;
}

function defaultOf<T>(setting: Setting<T>, source: Readonly<Record<string, unknown>>): T {
  const preset = setting.default;
  if ('value' in preset) return preset.value;
  // Only integer() declares multiples, so T is number here.
  return Math.round(readSetting(preset.of, source) * preset.times) as T;
}

/** The text of a string, number or boolean; undefined for anything else. */
function textOf(given: unknown): string | undefined {
  if (typeof given === 'string') return given.trim();
  return typeof given === 'number' || typeof given === 'boolean' ? String(given) : undefined;
}

const longestShown = 80;

/** What was given, in one short printable line. */
function shown(given: unknown): string {
  const text = textOf(given);
  if (text === undefined) return `a value of type ${typeof given}`;
  const quoted = typeof given === 'string' ? JSON.stringify(text) : text;
  return quoted.length <= longestShown ? quoted : `${quoted.slice(0, longestShown)}...`;
}

/** The values that a setting takes, with their unit. */
export function takes(setting: Setting<unknown>): string {
  return setting.unit === undefined ? setting.takes : `${setting.takes} (${setting.unit})`;
}
