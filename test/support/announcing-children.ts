import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Cleanup } from './cleanup.js';
import type { Settings } from './tracker-process.js';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('announcing-process.ts', import.meta.url));

export interface Announcing {
  /** Its number among so many processes. */
  readonly number: number;
  readonly processes: number;
  readonly peers: number;
  readonly swarmCount: number;
  /** Of the store that it uses. */
  readonly settings: Settings;
}

/** Starts a process that announces its share of the peers. Settles when it is ready to go. */
export async function startAnnouncing(atEnd: Cleanup, announcing: Announcing): Promise<ChildProcess> {
  const { number, processes, peers, swarmCount, settings } = announcing;
  const child = fork(PROGRAM, [number, processes, peers, swarmCount].map(String), {
    cwd: REPOSITORY,
    execArgv: ['--import', 'tsx'],
    env: { PATH: process.env['PATH'], ...settings },
  });
  atEnd.add(async () => {
    if (child.exitCode !== null) return;
    const exit = once(child, 'exit');
    if (child.connected) child.disconnect();
    await exit;
  });
  await once(child, 'message');
  return child;
}

/** Has it announce them. @returns what it has to report: what was logged, or why it failed */
export async function announceAll(child: ChildProcess): Promise<unknown> {
  child.send('go');
  const [report] = (await once(child, 'message')) as [unknown];
  return report;
}
