let ending: Promise<never> | undefined;

/**
 * Ends the process, whatever the store is about: what it answered is stored. The first status that
 * is given counts. Never settles.
 */
export function endProcess(status: number): Promise<never> {
  ending ??= new Promise<never>(() => {
    process.exit(status);
  });
  return ending;
}
