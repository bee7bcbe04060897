/** What Linux tells of another process. */
import { readdir, readFile } from 'node:fs/promises';

import type { Requirement } from '../../support/programs.js';

/** That this machine has the /proc that the functions here read. */
export const linux: Requirement = () => (process.platform === 'linux' ? undefined : 'take a Linux machine');

/**
 * Bytes of memory that belong to a process alone. Mapped files are not counted, as the store's is:
 * the system takes those back when it likes.
 */
export async function privateMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  const kilobytes = /^RssAnon:\s+([0-9]+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`no RssAnon in the status of process ${pid}`);
  return Number(kilobytes) * 1024;
}

/** How many files and connections a process has open. */
export async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}
