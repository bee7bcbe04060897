/**
 * What would end this process, but for SIGKILL.
 * @type {readonly NodeJS.Signals[]}
 */
const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'];

/**
 * Does work that has to clean up behind itself. A signal that would end this process meanwhile
 * aborts the work instead, and ends the process when the work has settled.
 * @template T
 * @param {(aborted: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>} what came of the work
 */
export async function cleaningUpBeforeStop(work) {
  const controller = new AbortController();
  const abort = (/** @type {NodeJS.Signals} */ signal) => controller.abort(signal);
  for (const signal of signals) process.on(signal, abort);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, abort);
    if (controller.signal.aborted) process.kill(process.pid, controller.signal.reason);
  }
}
