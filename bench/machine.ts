/** Where and of what figures are taken. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { root } from './paths.js';

/** e.g. `AMD EPYC, 2 cores, 23 GiB, Node 20.20.2, Linux 6.1.0`. */
export function machineLine(): string {
  const all = cpus();
  const model = all[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${all.length} cores, ${memory} GiB, Node ${process.versions.node}, ${type()} ${release()}`;
}

/**
 * Processor time that this machine was ready to use so far, and how much of it the host gave to
 * others instead; none known outside Linux.
 */
export interface ProcessorTime {
  readonly used: number;
  readonly stolen: number;
}

export function processorTime(): ProcessorTime | undefined {
  try {
    return parseProcessorTime(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param stat the text of /proc/stat, whose first line has the times of all processors together
 *   (proc_stat(5))
 */
export function parseProcessorTime(stat: string): ProcessorTime {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = stat
    .slice('cpu '.length, stat.indexOf('\n'))
    .trim()
    .split(' ')
    .map(Number);
  return { used: user + nice + system + irq + softirq, stolen };
}

/**
 * The share of the processor time since then that the host took, 0 to 1: figures are worth less the
 * larger it is.
 */
export function stolenSince(
  before: ProcessorTime | undefined,
  now: ProcessorTime | undefined = processorTime(),
): number | undefined {
  if (before === undefined || now === undefined) return undefined;
  const stolen = now.stolen - before.stolen;
  const all = now.used - before.used + stolen;
  return all > 0 ? stolen / all : 0;
}

/**
 * The commit that is checked out, with `+` if tracked files differ from it; `unknown` outside a
 * repository.
 */
export function commitLine(): string {
  const commit = git('rev-parse', '--short', 'HEAD');
  if (commit === undefined) return 'unknown';
  return git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!bench') === ''
    ? commit
    : `${commit}+`;
}

function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
