import { inOneLine } from '../error-message.js';
import { describeError, type ErrorDescription } from './describe-error.js';
import type { LogEntry, LogFormat, LogLevel } from './entry.js';
import { textOfEvent, textOfField } from './event-texts.js';
import { showable } from './showable.js';

export interface TextLineOptions {
  readonly hasColours: boolean;
  /** Of milliseconds since the epoch; the local time if missing. */
  readonly timeText?: (time: number) => string;
}

/**
 * Lines for people: time, level, what happened, why, and the fields. The lines of a stack follow
 * only if nobody has foreseen the error. What a terminal could take for a command is escaped.
 */
export function textLine({ hasColours, timeText = localTime }: TextLineOptions): LogFormat {
  const coloured = hasColours ? inColour : (text: string): string => text;
  return ({ level, time, event, fields }: LogEntry) => {
    const head = `${coloured(timeText(time), DIM)} ${coloured(level.padEnd(LEVEL_WIDTH), COLOURS[level])}`;
    const line = `${head} ${cut(printable([textOfEvent(event), ...details(fields)].join('')))}`;
    return [line, ...framesOf(fields).map((frame) => coloured(printable(frame), DIM))].join('\n');
  };
}

const LEVEL_WIDTH = 'error'.length;
const MAX_CHARACTERS = 2000;
const MAX_FRAMES = 20;

const DIM = 2;
const COLOURS: Readonly<Record<LogLevel, number>> = { silent: 0, error: 31, warn: 33, info: 32, debug: DIM };

/** @param code of SGR (ECMA-48) */
function inColour(text: string, code: number): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}

/** Like `2026-01-31 09:05:00`, as sorted as the lines are. */
function localTime(time: number): string {
  const date = new Date(time);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The cause, then the other fields, then what they mean, each with what divides it from the rest. */
function details({ cause, meaning, repeated, seconds, ...fields }: LogEntry['fields']): string[] {
  const isCount = typeof repeated === 'number' && typeof seconds === 'number';
  const shown = Object.entries(isCount || seconds === undefined ? fields : { seconds, ...fields });
  const listed = shown.map(([name, value]) => fieldText(name, value)).filter((text) => text !== '');
  const parts = [
    isCount ? `${repeated} times more in ${seconds} s` : '',
    cause === undefined ? '' : causeText(cause),
    listed.join(', '),
    typeof meaning === 'string' ? meaning : '',
  ].filter((part) => part !== '');
  return parts.map((part, at) => `${at === 0 ? ': ' : '; '}${part}`);
}

function causeText(cause: unknown): string {
  try {
    return cause instanceof Error ? inOneLine(cause) : valueText('cause', cause);
  } catch {
    return UNPRINTABLE;
  }
}

const UNPRINTABLE = '[unprintable]';

/** A count of milliseconds or seconds has its unit behind it. Empty if there is nothing to show. */
function fieldText(name: string, value: unknown): string {
  // It has lines of its own.
  if (name === STACK) return '';
  const [, stem = name, suffix = ''] = /^(\w+?)(Ms|Seconds)$/.exec(name) ?? [];
  const unit = typeof value === 'number' ? (UNITS.get(suffix) ?? '') : '';
  const text = valueText(name, value);
  return text === '' ? '' : `${textOfField(unit === '' ? name : stem)} ${text}${unit}`;
}

const STACK = 'stack';

const UNITS: ReadonlyMap<string, string> = new Map([
  ['Ms', ' ms'],
  ['Seconds', ' s'],
]);

/** Lists of objects, as the largest swarms of a purge are, are for programs. */
function valueText(name: string, value: unknown): string {
  try {
    const shown = showable(name, value);
    if (Array.isArray(shown) && shown.every((each) => typeof each !== 'object')) return shown.join(' ');
    if (Array.isArray(shown)) return '';
    if (typeof shown === 'object' && shown !== null) return JSON.stringify(shown, showable);
    return typeof shown === 'string' || typeof shown === 'number' || typeof shown === 'boolean'
      ? String(shown)
      : '';
  } catch {
    return UNPRINTABLE;
  }
}

/** Where an error was made that nobody has foreseen: the first of its causes that says so. */
function framesOf({ cause, stack }: LogEntry['fields']): string[] {
  const text =
    typeof stack === 'string' ? stack : cause instanceof Error ? stackIn(describeError(cause)) : '';
  return text
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MAX_FRAMES);
}

function stackIn({ stack, cause }: ErrorDescription): string {
  if (stack !== undefined) return stack;
  return typeof cause === 'object' && cause !== null ? stackIn(cause as ErrorDescription) : '';
}

function cut(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

/** Control and format characters, line ends among them, as `\u001b`. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
