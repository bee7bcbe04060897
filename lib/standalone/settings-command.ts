/** `npm run settings`: which settings are in force, and where each is from. */
import { configOf, type GivenSettings } from '../config/given.js';
import { settingsInForce, type SettingInForce } from '../config/in-force.js';

/**
 * @returns a table for people, or JSON: `settings`, each with name, value, from (default,
 *   environment or file), file and line if it is from one, unit, group and applies
 * @throws ConfigError for the first setting that cannot be used
 */
export function settingsText(given: GivenSettings, format: 'table' | 'json'): string {
  const config = configOf(given);
  const all = settingsInForce(given, config);
  if (format === 'json') return `${JSON.stringify({ settings: all.map(entryOf) }, null, 2)}\n`;
  const applying = all.filter(({ applies }) => applies);
  const others = all.filter(({ applies, origin }) => !applies && origin.kind !== 'default');
  const tables = [tableOf(applying)];
  if (others.length > 0) {
    tables.push(`Given, but of no use with STORE=${config.storeName}:\n${tableOf(others)}`);
  }
  return tables.join('\n');
}

function entryOf({ origin, name, value, unit, group, applies }: SettingInForce) {
  const from = { from: origin.kind, ...(origin.kind === 'file' && { file: origin.file, line: origin.line }) };
  return { name, value, ...from, ...(unit !== undefined && { unit }), group, applies };
}

const HEAD = ['SETTING', 'VALUE', 'FROM'] as const;

/** A wider value does not push the column behind it away from the others. */
const MAX_VALUE_WIDTH = 40;

function tableOf(settings: readonly SettingInForce[]): string {
  const rows = settings.map(({ name, value, unit, origin }) => [
    name,
    value === '' ? '-' : `${value}${unit === undefined ? '' : ` ${unit}`}`,
    textOf(origin),
  ]);
  const lines = [[...HEAD], ...rows];
  const nameWidth = Math.max(...lines.map(([name = '']) => name.length));
  const valueWidth = Math.min(MAX_VALUE_WIDTH, Math.max(...lines.map(([, value = '']) => value.length)));
  return lines
    .map(
      ([name = '', value = '', from = '']) =>
        `${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${from}\n`,
    )
    .join('');
}

function textOf(origin: SettingInForce['origin']): string {
  return origin.kind === 'file' ? `${origin.file}:${origin.line}` : origin.kind;
}
