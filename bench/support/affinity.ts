/** Which cores a process may use, by taskset (util-linux). */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * Leaves the first core to others: from now on this process, and what it starts, uses the rest.
 * Undone by what it gives back.
 * @throws Error on a machine with one core, or without taskset
 */
export function leaveFirstCore(): () => Promise<void> {
  const cores = availableParallelism();
  if (cores < 2) throw new Error('this needs two cores');
  setAffinity(process.pid, `1-${cores - 1}`);
  return () => {
    setAffinity(process.pid, `0-${cores - 1}`);
    return Promise.resolve();
  };
}

/** Moves a process to the first core. */
export function useFirstCore(pid: number): void {
  setAffinity(pid, '0');
}

function setAffinity(pid: number, cores: string): void {
  const { status, error, stderr } = spawnSync('taskset', ['-a', '-c', '-p', cores, String(pid)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`taskset failed: ${error?.message ?? stderr}`);
}
