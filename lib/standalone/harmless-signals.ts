import type { Log } from '../log.js';

/**
 * Signals that would end this process, or open a debugger in it, unless somebody listens. SIGHUP
 * comes from a terminal that is closed, and from whoever means "read the settings again".
 */
const HARMLESS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/** What is done at SIGHUP. */
export type HangupHook = () => void;

/**
 * Takes the harm out of these signals.
 * @param hooks called at each SIGHUP, in their order; entries may be added later
 */
export function takeHarmlessSignals(
  hooks: readonly HangupHook[],
  process: Pick<NodeJS.Process, 'on'> = globalThis.process,
): void {
  for (const signal of HARMLESS) {
    process.on(signal, () => {
      if (signal === 'SIGHUP') for (const hook of hooks) hook();
    });
  }
}

/**
 * Reads again what may change while the process runs. If that fails there is a line in the log, and
 * the old state stays.
 * @param what is read, for the log
 */
export function reloadHook(what: string, reload: () => Promise<unknown>, log: Log): HangupHook {
  return () => {
    reload().then(
      () => {
        log.info('reloaded', { what });
      },
      (cause: unknown) => {
        log.error('not reloaded', { what, cause });
      },
    );
  };
}
