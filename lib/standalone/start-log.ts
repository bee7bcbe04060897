import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { LineLog } from '../log/line-log.js';
import { endProcess } from './end-process.js';
import { logConsole, logFormat, logWarnings, startProcessLog } from './log.js';
import { failed } from './start-error.js';

/** The log of the process, which also has what libraries and Node say, and why it ends if it must. */
export function startLog({ logLevel, logFormat: setting }: Config): LineLog {
  const log = startProcessLog(logLevel, logFormat(setting, process.env));
  logConsole(log, console);
  logWarnings(log, process);
  endOnBug(log);
  return log;
}

/**
 * After an error that nobody expected nothing is known of the state: one line, and whoever
 * supervises starts anew.
 */
function endOnBug(log: Log): void {
  let isEnding = false;
  process.on('uncaughtException', (cause, origin) => {
    // What follows from that while the process ends would be more lines.
    if (isEnding) return;
    isEnding = true;
    // Also that of an error of which the log would show no stack: here nobody has foreseen it.
    const { stack } = cause instanceof Error ? cause : new Error(String(cause));
    log.error(origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception', {
      stack,
      cause,
    });
    void endProcess(failed);
  });
}
