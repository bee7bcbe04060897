import { isDeepStrictEqual } from 'node:util';

import { settingGroups, type Config } from '../config.js';
import type { Log } from '../log.js';

/** What is taken over while the process runs; all else is built into it at the start. */
const CHANGEABLE = ['logLevel', 'addressRate', 'addressBurst'] as const;

export type ChangeableSettings = Pick<Config, (typeof CHANGEABLE)[number]>;

export interface SettingsReloadParts {
  /** The settings as they are given now. @throws ConfigError if one cannot be used */
  readonly read: () => Config | Promise<Config>;
  /** Puts the changeable ones in force. */
  readonly apply: (settings: ChangeableSettings) => void;
  readonly log: Log;
}

/**
 * Reads the settings again: all are right, and those that may change are in force, or everything
 * stays as it was. Which others have changed is in the log, by name: their values may be secrets.
 */
export class SettingsReload {
  constructor(
    private inForce: Config,
    private readonly parts: SettingsReloadParts,
  ) {}

  /** Rejects with a ConfigError if a setting cannot be used; nothing has changed then. */
  async reload(): Promise<void> {
    const { read, apply, log } = this.parts;
    const given = await read();
    const isChangeable = (field: string): boolean => (CHANGEABLE as readonly string[]).includes(field);
    const changed = changedFields(this.inForce, given);
    if (changed.some(isChangeable)) {
      const { logLevel, addressRate, addressBurst } = given;
      this.inForce = { ...this.inForce, logLevel, addressRate, addressBurst };
      apply(this.inForce);
    }
    const waiting = changed.filter((field) => !isChangeable(field));
    if (waiting.length > 0) log.warn('settings need a restart', { settings: waiting.map(nameOf) });
  }
}

function changedFields(before: Config, after: Config): (keyof Config)[] {
  const fields = Object.keys(after) as (keyof Config)[];
  return fields.filter((field) => !isDeepStrictEqual(before[field], after[field]));
}

function nameOf(field: keyof Config): string {
  return names.get(field) ?? field;
}

const names = new Map<string, string>(
  settingGroups.flatMap(({ settings }) =>
    Object.entries(settings).map(([field, { name }]) => [field, name] as const),
  ),
);
