import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';

/**
 * What happens to a write: the system takes all of it, or a part, or nothing, and says that it has
 * failed.
 */
export type Fault = 'takes it and fails' | 'takes a part and fails' | 'fails';

export interface WatchedFiles {
  /**
   * What was done to files, in the order in which it was done: `write` with whether it flushes, and
   * `flush`.
   */
  readonly done: readonly string[];
  /** What the next writes of records come to, each once. */
  readonly faults: Fault[];
  restore(): void;
}

/**
 * Watches the records that this process writes into files of a log, and flushes, and has some of it
 * fail. Until it is restored all modules of this process see that.
 * @param code of the errors
 */
export function watchFiles(code: 'EIO' | 'ENOSPC' | 'EDQUOT'): WatchedFiles {
  const { write, fdatasync } = fs;
  const done: string[] = [];
  const faults: Fault[] = [];
  const failure = (): NodeJS.ErrnoException =>
    Object.assign(new Error(`${code}: arranged`), { code, errno: -constants.errno[code] });
  type Written = (error: NodeJS.ErrnoException | null, bytes: number, buffer: Buffer) => void;

  function watchedWrite(
    fd: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    written: Written,
  ): void {
    // Zeros, for a file that is made ahead, are none of the watcher's.
    if (buffer.toString('latin1', 0, 4) !== 'JRNL') {
      write(fd, buffer, offset, length, position, written);
      return;
    }
    const fault = faults.shift();
    if (fault === 'fails') {
      process.nextTick(written, failure(), 0, buffer);
      return;
    }
    // The rest is written by a call of its own, to which the system says why.
    if (fault === 'takes a part and fails') faults.unshift('fails');
    const taken = fault === 'takes a part and fails' ? length - 1 : length;
    write(fd, buffer, offset, taken, position, (error, bytes) => {
      done.push(flushesItsWrites(fd) ? 'write and flush' : 'write');
      written(fault === 'takes it and fails' ? failure() : error, bytes, buffer);
    });
  }

  function watchedFlush(fd: number, flushed: fs.NoParamCallback): void {
    fdatasync(fd, (error) => {
      done.push('flush');
      flushed(error);
    });
  }

  Object.assign(fs, { write: watchedWrite, fdatasync: watchedFlush });
  syncBuiltinESMExports();
  return {
    done,
    faults,
    restore: () => {
      Object.assign(fs, { write, fdatasync });
      syncBuiltinESMExports();
    },
  };
}

/**
 * Whether the system flushes what is written to an open file before a write returns, as Linux tells
 * of it.
 */
function flushesItsWrites(fd: number): boolean {
  if (process.platform !== 'linux') return false;
  const flags = /^flags:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  return (parseInt(flags ?? '', 8) & fs.constants.O_DSYNC) !== 0;
}
