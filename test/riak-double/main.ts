/**
 * A double as a process of its own, for several client processes and for being stopped by signals.
 * It is started and led by process.ts.
 */

import type { RiakDouble } from './double.js';
import { startRiakDouble } from './double.js';
import type { FromDouble, ToDouble } from './commands.js';
import { commands } from './commands.js';

let double: RiakDouble | undefined;

function tell(message: FromDouble): void {
  process.send?.(message);
}

async function obey(message: ToDouble): Promise<void> {
  if ('options' in message) {
    double = await startRiakDouble(message.options);
    tell({ ports: double.nodes.map(({ port }) => port) });
    return;
  }
  const { id, name, args } = message;
  const command = commands[name] as (...all: readonly unknown[]) => unknown;
  try {
    tell({ id, result: await command(double, ...args) });
  } catch (error) {
    tell({ id, failure: String(error) });
  }
}

process.on('message', (message: ToDouble) => {
  void obey(message);
});
// The parent has gone or is done: without the double's listeners nothing keeps this process alive.
process.on('disconnect', () => {
  void double?.close();
});
