import { readFileSync } from 'node:fs';

/** Ticks of the clock that Linux counts processor time in: USER_HZ, 100 wherever Node runs. */
const TICKS_PER_SECOND = 100;

/** Processor time that a process has used so far, its threads included, in seconds. Linux only. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = NaN, system = NaN] = fields.slice(11, 13).map(Number);
  return (user + system) / TICKS_PER_SECOND;
}
