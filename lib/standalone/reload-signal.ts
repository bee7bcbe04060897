import type { Log } from '../log.js';

/**
 * Has SIGHUP reload what can change while the process runs. SIGUSR1 and SIGUSR2 do nothing: one
 * would open Node's debugger to every user of the machine, the other would end the process.
 * @param reload what it rejects with is a line in the log; the old state stays
 */
export function onReloadSignal(reload: () => Promise<unknown>, log: Log): void {
  process.on('SIGUSR1', () => undefined);
  process.on('SIGUSR2', () => undefined);
  // The end of a terminal is the end of what was started in it.
  if (process.stdin.isTTY) return;
  process.on('SIGHUP', () => {
    reload().then(
      () => {
        log.info('reloaded');
      },
      (cause: unknown) => {
        log.error('not reloaded', { cause });
      },
    );
  });
}
