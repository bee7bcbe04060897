/** Every setting with the value that is in force, for people and programs to read. */
import { settingGroups, type Config } from '../config.js';
import type { Setting } from '../settings/setting.js';
import type { GivenSettings, Origin } from './given.js';

export interface SettingInForce {
  readonly name: string;
  readonly group: string;
  /** As it can be given; of a secret `(hidden)`. Empty if there is none. */
  readonly value: string;
  readonly unit: string | undefined;
  readonly origin: Origin | { readonly kind: 'default' };
  /** Whether the store that STORE names uses it; true for what is no store's. */
  readonly applies: boolean;
}

/** @param config of the same settings */
export function settingsInForce(given: GivenSettings, config: Config): SettingInForce[] {
  return settingGroups.flatMap(({ title, settings, stores }) =>
    Object.entries(settings).map(([field, setting]) => ({
      name: setting.name,
      group: title,
      value: shown(setting, (config as Readonly<Record<string, unknown>>)[field]),
      unit: setting.unit,
      origin: isGiven(given, setting) ? given.originOf(setting.name) : ({ kind: 'default' } as const),
      applies: stores === undefined || stores.includes(config.storeName),
    })),
  );
}

/** Blanks alone count as not given. */
function isGiven({ values }: GivenSettings, { name }: Setting<unknown>): boolean {
  return (values[name] ?? '').trim() !== '';
}

function shown({ secret }: Setting<unknown>, value: unknown): string {
  if (value === '') return '';
  if (secret) return '(hidden)';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.join(',');
  return String(value).replaceAll('\n', '\\n');
}
