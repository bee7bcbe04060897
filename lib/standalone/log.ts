import { systemClock, type Clock } from '../environment.js';
import type { Log } from '../log.js';
import { isatty } from 'node:tty';

import type { LogFormat, LogLevel } from '../log/entry.js';
import { jsonLine } from '../log/json-line.js';
import { LineLog } from '../log/line-log.js';
import { LineOutput } from '../log/line-output.js';
import { nonBlockingWriter } from '../log/non-blocking.js';
import { Repeats } from '../log/repeats.js';
import { textLine } from '../log/text-line.js';

const STDERR = 2;

/**
 * The log of this process: one line an event, on standard error, as standard output is for whoever
 * starts the process by hand. What repeats is counted. Lines may be lost where they cannot be
 * written; nothing waits for them.
 */
export function startProcessLog(level: LogLevel, format: LogFormat): LineLog {
  const output = new LineOutput(nonBlockingWriter(STDERR), (lines) => lossLine(format, lines));
  const log = createLog(
    level,
    (line) => {
      output.write(line);
    },
    { format },
  );
  setInterval(() => {
    log.writeCounts();
  }, COUNTS_MS).unref();
  process.on('exit', () => {
    log.writeLastCounts();
    output.flush();
  });
  return log;
}

/** The same without a process. @param write takes a line without its end */
export function createLog(
  least: LogLevel,
  write: (line: string) => void,
  { format = jsonLine, clock = systemClock }: { readonly format?: LogFormat; readonly clock?: Clock } = {},
): LineLog {
  return new LineLog({ least, format, write, clock, repeats: new Repeats() });
}

/**
 * How lines look: `auto` is for people on a terminal, and JSON elsewhere. Colours are only for a
 * terminal that has some, unless NO_COLOR is set (no-color.org).
 */
export function logFormat(
  setting: 'auto' | 'json' | 'text',
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal = isatty(STDERR),
): LogFormat {
  if (setting === 'json' || (setting === 'auto' && !isTerminal)) return jsonLine;
  const { NO_COLOR = '', TERM } = environment;
  return textLine({ hasColours: isTerminal && NO_COLOR === '' && TERM !== 'dumb' });
}

/** How often it is looked whether counts are due. */
const COUNTS_MS = 5000;

function lossLine(format: LogFormat, lines: number): string {
  const fields = { lines };
  return format({ level: 'warn', time: systemClock.now(), event: 'log lines lost', fields });
}

/**
 * What libraries print goes to the log, at its least important level: lmdb prints every transaction
 * that fails, which comes as an error of the store as well. Printed by themselves lines could wait
 * for who reads them.
 * @param console whose errors and warnings are taken
 */
export function logConsole(log: Log, console: Pick<Console, 'error' | 'warn'>): void {
  console.error = console.warn = (...printed: unknown[]) => {
    log.debug('printed by a library', { cause: printed.length === 1 ? printed[0] : printed.map(String) });
  };
}

/** Has the warnings of Node in the log, in the place of Node's own listener, which prints them. */
export function logWarnings(log: Log, process: Pick<NodeJS.Process, 'removeAllListeners' | 'on'>): void {
  process.removeAllListeners('warning');
  process.on('warning', (cause) => {
    log.warn('warning of Node', { cause });
  });
}

/**
 * What is said to whoever started the process, whether or not somebody reads it.
 * @param descriptor standard output or standard error
 * @returns a function that takes lines without the end of the last one
 */
export function printer(descriptor: 1 | 2): (text: string) => void {
  const output = new LineOutput(nonBlockingWriter(descriptor), (lines) => `(${lines} lines were lost)`);
  return (text) => {
    output.write(text);
  };
}
