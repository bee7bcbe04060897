import { pino, type DestinationStream } from 'pino';

import type { Config } from '../config.js';
import { messageOf } from '../error-message.js';
import type { Log, LogFields } from '../log.js';

/** Fields that must never be there; a net below the rule that nobody writes them. */
const redacted = ['password', 'secret', 'authorization', 'peerId', 'uri', 'url', 'query', 'headers'];

const stderr = 2;

/**
 * One JSON line an event, on standard error: standard output is for whoever starts the process by hand.
 * Lines are written at once, so that none is lost when the process ends.
 */
export function createLog(
  level: Config['logLevel'],
  destination: DestinationStream = pino.destination({ dest: stderr, sync: true }),
): Log {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { cause: describeCause },
      redact: { paths: redacted },
    },
    destination,
  );
  return {
    error: (event, fields: LogFields = {}) => {
      logger.error(fields, event);
    },
    warn: (event, fields: LogFields = {}) => {
      logger.warn(fields, event);
    },
    info: (event, fields: LogFields = {}) => {
      logger.info(fields, event);
    },
    debug: (event, fields: LogFields = {}) => {
      logger.debug(fields, event);
    },
  };
}

/**
 * What libraries print goes to the log, at its least important level: lmdb prints every transaction that fails, which comes as an error of
 * the store as well. A disk that is full would have its own log fill it further, whatever level is set.
 * @param console whose errors and warnings are taken
 */
export function logConsole(log: Log, console: Pick<Console, 'error' | 'warn'>): void {
  console.error = console.warn = (...printed: unknown[]) => {
    log.debug('printed by a library', { cause: printed.length === 1 ? printed[0] : printed.map(String) });
  };
}

/** A chain of causes longer than this is cut. */
const mostCauses = 8;

/** Errors by their `name`: the class names of a minified bundle say nothing. */
function describeCause(cause: unknown, depth = 0): unknown {
  if (!(cause instanceof Error)) return cause;
  const { name, stack } = cause;
  const message = messageOf(cause);
  const isLast = cause.cause === undefined || depth >= mostCauses;
  return { name, message, stack, ...(isLast ? {} : { cause: describeCause(cause.cause, depth + 1) }) };
}
