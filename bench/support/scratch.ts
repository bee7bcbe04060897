/**
 * Directories for a run's own files, on a real disk: a store whose flushes cost nothing would make
 * the figures worthless.
 */
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../paths.js';

/** Of statfs(2): file systems that live in memory. */
const MEMORY_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x01021994, // tmpfs
  0x858458f6, // ramfs
]);

const made = new Set<string>();
// Also when the run is interrupted.
process.on('exit', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

export interface Scratch {
  readonly directory: string;
  /** Idempotent. */
  readonly remove: () => Promise<void>;
}

/**
 * An empty directory that other users may read, below the system's directory for temporary files
 * or, if that is in memory, below the repository.
 * @throws Error if both are in memory
 */
export function makeScratch(): Scratch {
  const ignored = join(root, 'data');
  mkdirSync(ignored, { recursive: true });
  const parent = [tmpdir(), ignored].find((path) => !MEMORY_FILE_SYSTEMS.has(statfsSync(path).type));
  if (parent === undefined) throw new Error('no directory on a disk to keep data in');
  const directory = mkdtempSync(join(parent, 'tracker-bench-'));
  made.add(directory);
  return {
    directory,
    remove: () => {
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      made.delete(directory);
      return Promise.resolve();
    },
  };
}
