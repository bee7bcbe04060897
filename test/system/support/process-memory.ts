import { readFile } from 'node:fs/promises';

/**
 * Bytes of memory that belong to a process alone. Mapped files are not counted, as the store's is: the system takes those back when it likes.
 * Linux only.
 */
export async function privateMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  const kilobytes = /^RssAnon:\s+([0-9]+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`no RssAnon in the status of process ${pid}`);
  return Number(kilobytes) * 1024;
}
