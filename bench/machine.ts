/** Where and of what figures are taken. */
import { spawnSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { root } from './paths.js';

/** e.g. `AMD EPYC, 2 cores, 23 GiB, Node 20.20.2, Linux 6.1.0`. */
export function machineLine(): string {
  const all = cpus();
  const model = all[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${all.length} cores, ${memory} GiB, Node ${process.versions.node}, ${type()} ${release()}`;
}

/** The commit that is checked out, with `+` if tracked files differ from it; `unknown` outside a repository. */
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
