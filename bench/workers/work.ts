/** The worker's side of `runWorker`. */
import type { Worker } from '../support/worker.js';

/** Takes the one input, answers, and lets the process end. A failure ends it with its stack. */
export function work<Work extends Worker>(measure: (input: Work['input']) => Promise<Work['output']>): void {
  process.once('message', (message) => {
    const { input } = message as { input: Work['input'] };
    measure(input)
      .then((output) => {
        process.send?.({ output }, () => {
          process.disconnect();
        });
      })
      .catch((error: unknown) => {
        console.error(error);
        process.exit(1);
      });
  });
}
