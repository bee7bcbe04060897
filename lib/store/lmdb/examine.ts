import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { askTracker } from '../../admin/client.js';
import { ADMIN_SOCKET } from '../../admin/protocol.js';
import { reasonOf } from '../../error-message.js';
import { ok, warning, wrong, type Finding } from '../../finding.js';
import { silentLog } from '../../silent-log.js';
import { StoreRefusedError } from '../errors.js';
import { tryWrite, WrongReadError } from '../try-write.js';
import { enterDataDirectory } from './data-directory.js';
import { openLmdbStore } from './store.js';
import type { LmdbSettings } from './settings.js';

/** Some millions of peers; less is soon full. */
const fewBytes = 256 * 1024 * 1024;

/**
 * Looks at the embedded store: its directory, the room there, and whether a write is on the disk
 * when it is answered.
 */
export async function* examineLmdb(config: LmdbSettings): AsyncGenerator<Finding> {
  const directory = resolve(config.dataDirectory);
  const existing = await nearestExisting(directory);
  const subject = `data directory ${directory}`;
  const problem = await accessProblem(existing);
  if (problem !== undefined) {
    yield wrong(
      subject,
      `${existing} ${problem}`,
      `as root: mkdir -p ${directory} && chown ${process.getuid?.() ?? 'the-user'} ${directory}; or set DATA_DIR`,
    );
    return;
  }
  yield await roomAt(existing);
  if (existing !== directory) {
    yield ok(subject, 'is not there yet; the tracker makes it');
    return;
  }
  yield ok(subject, 'is there and can be written to');
  yield await writeIn(directory, config.durability);
}

/** The directory itself, or the one above it that exists. */
async function nearestExisting(directory: string): Promise<string> {
  const exists = await stat(directory).then(
    () => true,
    () => false,
  );
  const above = dirname(directory);
  return exists || above === directory ? directory : nearestExisting(above);
}

async function accessProblem(path: string): Promise<string | undefined> {
  if (!(await stat(path)).isDirectory()) return 'is no directory';
  return access(path, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => undefined,
    () => 'cannot be written to by this user',
  );
}

async function roomAt(path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(path);
  const subject = 'room on the disk';
  const detail = `${Math.round((bavail * bsize) / 1024 / 1024)} MiB`;
  return bavail * bsize >= fewBytes
    ? ok(subject, detail)
    : warning(subject, detail, 'free some, or set DATA_DIR to a larger disk');
}

/** Writes as an announce does; if a tracker runs on the store, that one does it. */
async function writeIn(directory: string, durability: LmdbSettings['durability']): Promise<Finding> {
  const subject =
    durability === 'flush' ? 'a write, flushed to the disk' : 'a write, not flushed to the disk';
  let leave: (() => void) | undefined;
  try {
    leave = enterDataDirectory(directory);
    const answer = await askTracker(ADMIN_SOCKET, 'try-write');
    const [milliseconds, by] =
      answer === undefined
        ? [await tryWriteAlone(durability), '']
        : [Number(answer.result), ', by the tracker that runs'];
    return ok(subject, `took ${milliseconds.toFixed(1)} ms${by}`);
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyOf(error, directory));
  } finally {
    leave?.();
  }
}

async function tryWriteAlone(durability: LmdbSettings['durability']): Promise<number> {
  const store = await openLmdbStore({ directory: '.', durability, log: silentLog });
  try {
    return await tryWrite(store);
  } finally {
    await store.close();
  }
}

function remedyOf(error: unknown, directory: string): string {
  if (error instanceof WrongReadError) return 'the disk, or its file system, is not to be trusted';
  if (error instanceof StoreRefusedError && error.message.includes('in use')) {
    return 'ask again when that process has started, or has ended';
  }
  return `look after the disk; or move ${directory} away, and the tracker begins anew`;
}
