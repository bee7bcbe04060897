import { endProcess } from './end-process.js';

/**
 * A Ctrl-C under npm arrives twice, from the terminal and passed on by npm. What comes this soon
 * after the first signal is no second wish.
 */
const echoMs = 500;

/**
 * Settles at the first SIGTERM or SIGINT. From then on another one ends the process at once, with
 * the status that a shell gives to a process that was ended by that signal.
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      const now = performance.now();
      if (firstAtMs === undefined) {
        firstAtMs = now;
        resolve(signal);
      } else if (now - firstAtMs > echoMs) {
        void endProcess(signal === 'SIGINT' ? 130 : 143);
      }
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
