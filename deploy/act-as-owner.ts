import { statSync } from 'node:fs';

/** What a process may do with its own user, as far as it is needed here. */
export type User = Pick<NodeJS.Process, 'getuid' | 'setgroups' | 'setgid' | 'setuid'>;

/**
 * Makes a process of root one of the user and group that a directory belongs to, for good. What root makes in the data directory of a tracker that runs as
 * a user of its own is closed to that tracker, which then answers nothing any more.
 * Does nothing for other users, for a directory of root's own, and if there is none.
 * @throws an error of the system if root may not do that
 */
export function actAsOwnerOf(directory: string, user: User = process): void {
  if (user.getuid?.() !== 0) return;
  const owner = statSync(directory, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return;
  user.setgroups?.([owner.gid]);
  user.setgid?.(owner.gid);
  user.setuid?.(owner.uid);
}
