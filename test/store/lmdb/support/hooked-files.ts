import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** What is done, with the path, before a file or a directory is opened, flushed or removed: that waits for it, and fails if it does. */
export interface Hooks {
  readonly open?: (path: string) => void | Promise<void>;
  /** As `open`, for what is read and written. */
  readonly openSync?: (path: string) => void;
  readonly unlink?: (path: string) => void;
  readonly sync?: (path: string) => void | Promise<void>;
}

/**
 * Hooks into how this process opens files: with `openSync` those of the journal that it reads and writes, with `open` of fs/promises what it makes, and what it
 * flushes without having it open. And into how it removes them.
 * @returns takes the hooks away again
 */
export function hookFiles(hooks: Hooks): () => void {
  const { openSync } = fs;
  const { open, unlink } = fs.promises;
  const hookedUnlink: typeof unlink = async (path) => {
    hooks.unlink?.(String(path));
    await unlink(path);
  };
  const hookedOpenSync: typeof openSync = (path, ...rest) => {
    hooks.openSync?.(String(path));
    return openSync(path, ...rest);
  };
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
  Object.assign(fs, { openSync: hookedOpenSync });
  Object.assign(fs.promises, { open: hookedOpen, unlink: hookedUnlink });
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, { openSync });
    Object.assign(fs.promises, { open, unlink });
    syncBuiltinESMExports();
  };
}
