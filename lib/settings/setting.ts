/**
 * What a setting is, and the kinds there are. A setting is declared once, as data: the same entry
 * reads a value, words the error and fills the help.
 */
import { isIP } from 'node:net';

export interface Setting<T> {
  /** As in the environment and in an action's parameters. */
  readonly name: string;
  readonly description: string;
  /** What a value counts, e.g. `seconds`. */
  readonly unit?: string;
  /** The values taken, in words, e.g. `a whole number from 0 to 65535`. */
  readonly takes: string;
  readonly default: Default<T>;
  /** A secret's value is never written anywhere. */
  readonly secret: boolean;
  /** The value that the text stands for, undefined if it stands for none. The text is never empty. */
  read(text: string): T | undefined;
}

/** Settings by the names of their fields in `Config`. */
export type SettingGroup = Readonly<Record<string, Setting<unknown>>>;

/** A value for each setting of a group. */
export type ValuesOf<S extends SettingGroup> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** A fixed default, or a multiple of what another setting turns out to be. */
export type Default<T> = { readonly value: T } | Multiple;

/** Rounded to a whole number. */
export interface Multiple {
  readonly of: Setting<number>;
  readonly times: number;
}

interface Declaration<T> {
  readonly description: string;
  readonly default: T;
}

/** A whole number from `min` to `max`, both included. */
export function integer(
  name: string,
  declared: Declaration<number | Multiple> & {
    readonly unit?: string;
    readonly min: number;
    readonly max: number;
  },
): Setting<number> {
  const { description, min, max, default: preset, unit } = declared;
  return {
    name,
    description,
    ...(unit === undefined ? {} : { unit }),
    takes: `a whole number from ${min} to ${max}`,
    default: typeof preset === 'number' ? { value: preset } : preset,
    secret: false,
    read: (text) => {
      if (!/^\d{1,15}$/.test(text)) return undefined;
      const value = Number(text);
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** One of a few words. */
export function choice<const T extends string>(
  name: string,
  declared: Declaration<T> & { readonly options: readonly T[] },
): Setting<T> {
  const { description, options } = declared;
  return {
    name,
    description,
    takes: options.length === 1 ? `only ${String(options[0])}` : `one of ${options.join(', ')}`,
    default: { value: declared.default },
    secret: false,
    read: (text) => options.find((option) => option === text),
  };
}

const flagWords = new Map([
  ['1', true],
  ['true', true],
  ['on', true],
  ['yes', true],
  ['0', false],
  ['false', false],
  ['off', false],
  ['no', false],
]);

/** On or off. */
export function flag(name: string, declared: Declaration<boolean>): Setting<boolean> {
  return {
    name,
    description: declared.description,
    takes: 'on or off (also true, yes, 1 and false, no, 0)',
    default: { value: declared.default },
    secret: false,
    read: (text) => flagWords.get(text.toLowerCase()),
  };
}

/** Any text up to 1024 characters without control characters; `takes` says what it stands for. */
export function text(
  name: string,
  declared: Declaration<string> & { readonly takes: string; readonly secret?: boolean },
): Setting<string> {
  return {
    name,
    description: declared.description,
    takes: declared.takes,
    default: { value: declared.default },
    secret: declared.secret ?? false,
    read: (given) => (/^\P{Cc}{1,1024}$/u.test(given) ? given : undefined),
  };
}

/**
 * Networks as CIDR, or single addresses, with commas between them. Each value has the form
 * `address/bits`.
 */
export function networks(name: string, declared: Declaration<readonly string[]>): Setting<readonly string[]> {
  return {
    name,
    description: declared.description,
    takes: 'addresses and networks with commas between them, e.g. 10.0.0.0/8,fd00::/8',
    default: { value: declared.default },
    secret: false,
    read: (list) => {
      const cidrs = list.split(',').map((part) => readCidr(part.trim()));
      return cidrs.every((cidr) => cidr !== undefined) ? cidrs : undefined;
    },
  };
}

function readCidr(cidr: string): string | undefined {
  const [address = '', bits, ...rest] = cidr.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return undefined;
  const most = family === 4 ? 32 : 128;
  if (bits === undefined) return `${address}/${most}`;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? `${address}/${Number(bits)}` : undefined;
}
