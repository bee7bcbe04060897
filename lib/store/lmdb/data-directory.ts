import { statSync } from 'node:fs';

import { makeDirectory } from './data-files.js';

/**
 * Makes the data directory if it is not there, makes it the working directory, and, as root,
 * becomes its owner. So a link that another user has put there leads root nowhere, what is made
 * there is that user's, and the path of a socket there is short and can be reached by its owner.
 *
 * What is made from then on others may not read, nor the group write.
 * @returns goes back to how it was before
 * @throws an error of the file system
 */
export function enterDataDirectory(path: string): () => void {
  makeDirectory(path);
  const before = process.cwd();
  process.chdir(path);
  const umask = process.umask(PRIVATE);
  const becomeRoot = becomeOwner('.');
  return () => {
    becomeRoot();
    process.umask(umask);
    process.chdir(before);
  };
}

function becomeOwner(path: string): () => void {
  const { geteuid, getegid, getgroups, setgroups, setegid, seteuid } = process;
  const nothing = (): void => undefined;
  if (geteuid?.() !== 0 || !getegid || !getgroups || !setgroups || !setegid || !seteuid) return nothing;
  const { uid, gid } = statSync(path);
  if (uid === 0) return nothing;
  const [group, groups] = [getegid(), getgroups()];
  // The user last: it may not change the others.
  setgroups([gid]);
  setegid(gid);
  seteuid(uid);
  return () => {
    seteuid(0);
    setegid(group);
    setgroups(groups);
  };
}

const PRIVATE = 0o027;
