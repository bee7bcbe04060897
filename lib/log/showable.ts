import { describeError } from './describe-error.js';

/** Fields that must never be there; a net below the rule that nobody writes them. */
const SECRETS: ReadonlySet<string> = new Set([
  'password',
  'secret',
  'authorization',
  'peerId',
  'uri',
  'url',
  'query',
  'headers',
]);

/** Of a text. A stack is shorter. */
const MAX_CHARACTERS = 4000;

/**
 * What a line may show of a field, for JSON.stringify: errors have nothing that JSON would show,
 * and integers of any length no JSON.
 */
export function showable(name: string, value: unknown): unknown {
  if (SECRETS.has(name)) return '[redacted]';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string' && value.length > MAX_CHARACTERS) return `${value.slice(0, MAX_CHARACTERS)}…`;
  return value instanceof Error ? describeError(value) : value;
}
