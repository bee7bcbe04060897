import { readFileSync } from 'node:fs';

/** How many files and connections this process may have open at once; undefined where nobody tells. */
export function maxOpenFiles(limits: string = readLimits()): number | undefined {
  const [, soft] = /^Max open files +(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch {
    // Only Linux has it.
    return '';
  }
}

/**
 * How many connections of clients there is room for, with enough left for the store and the log.
 * @param wanted MAX_CONNECTIONS
 * @param openFiles what the system allows, undefined if that is not known
 */
export function roomForConnections(wanted: number, openFiles: number | undefined): number {
  if (openFiles === undefined) return wanted;
  const kept = Math.min(KEPT_FILES, Math.floor(openFiles / 2));
  return Math.min(wanted, openFiles - kept);
}

/** Data files, the journal, connections to Riak, and what Node itself has open. */
const KEPT_FILES = 256;
