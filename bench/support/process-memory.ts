import { readFileSync } from 'node:fs';

export interface ProcessMemory {
  /** The most that was resident at once, bytes: memory of its own and pages of files that it maps. */
  readonly peak: number;
  /** What is resident now and no part of a file. */
  readonly anonymous: number;
  /** Pages of mapped files that are resident now; the system takes them back when it needs room. */
  readonly file: number;
}

/** What Linux says of a process's memory. */
export function memoryOf(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
  return {
    peak: kilobytes('VmHWM') * 1024,
    anonymous: kilobytes('RssAnon') * 1024,
    file: (kilobytes('RssFile') + kilobytes('RssShmem')) * 1024,
  };
}
