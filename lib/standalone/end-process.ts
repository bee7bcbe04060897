import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

let ending: Promise<never> | undefined;

/**
 * Ends the process, whatever the store is about: what it answered is stored. The first status that
 * is given counts. Never settles.
 */
export function endProcess(status: number): Promise<never> {
  ending ??= new Promise<never>(() => {
    closeGoneTerminals();
    process.exit(status);
  });
  return ending;
}

/** Those that this process was started with. */
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

/**
 * Node gives terminals back their modes when it exits, and crashes if one is gone, but not if it is
 * closed.
 */
function closeGoneTerminals(): void {
  for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
}
