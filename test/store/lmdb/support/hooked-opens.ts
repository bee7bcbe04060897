import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** What is done, with the path, before a file or a directory is opened, or flushed: that waits for it, and fails if it does. */
export interface Hooks {
  readonly open?: (path: string) => void | Promise<void>;
  readonly sync?: (path: string) => void | Promise<void>;
}

/**
 * Hooks into what this process does with `open` of fs/promises, by which the journal flushes what it does not have open, and makes files.
 * @returns takes the hooks away again
 */
export function hookOpens(hooks: Hooks): () => void {
  const { open } = fs;
  const hookedOpen: typeof open = async (path, ...rest) => {
    await hooks.open?.(String(path));
    const handle = await open(path, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      await hooks.sync?.(String(path));
      await sync();
    };
    return handle;
  };
  Object.assign(fs, { open: hookedOpen });
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, { open });
    syncBuiltinESMExports();
  };
}
