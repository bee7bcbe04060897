import fs, { readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { StoreUnavailableError } from '../../../lib/store/errors.js';
import { ordinalsIn, pathOf } from '../../../lib/store/lmdb/journal-directory.js';
import { Journal } from '../../../lib/store/lmdb/journal.js';
import type { Store } from '../../../lib/store/store.js';
import { rejectionOf } from '../../support/rejection.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { openQuietStore } from './quiet-store.js';
import { hookFiles, type Hooks } from './support/hooked-files.js';
import { watchFiles, type Fault, type WatchedFiles } from './support/faulty-files.js';

const KEY = '00'.repeat(20);

/** Path of a file of the journal. */
const FILE = /journal\.\d+$/;
const DIRECTORY = /tracker-test-[^/]*$/;

/** Bytes of a file. After the first of these groups the second one needs another file, and the third one a larger one. */
const SMALL = 300;
const FIRST = 'first'.padEnd(190);
const LONG = 'long'.padEnd(150);
const LONGER = 'longer'.padEnd(400);

describe('the journal on a disk that may fail', () => {
  let directory: string;
  let disk: WatchedFiles;
  let unhook: () => void;
  let closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    directory = await makeTempDir();
    disk = watchFiles('EIO');
    unhook = () => undefined;
  });

  afterEach(async () => {
    unhook();
    disk.restore();
    for (const close of closing) await close();
    closing = [];
    await removeTempDir(directory);
  });

  /** In place of what was hooked before. */
  function hook(hooks: Hooks): void {
    unhook();
    unhook = hookFiles(hooks);
  }

  function open(durability: 'flush' | 'commit' = 'flush', fileBytes?: number): Journal {
    const journal = new Journal({ directory, durability, idleMs: 0, ...(fileBytes && { fileBytes }) });
    closing.push(async () => {
      await journal.idle();
      await journal.close();
    });
    return journal;
  }

  async function openStore(): Promise<Store> {
    const store = await openQuietStore(directory, 'flush');
    closing.push(() => store.close());
    return store;
  }

  /** Paths of the journal's files, in their order. */
  function files(): string[] {
    return ordinalsIn(directory).map((ordinal) => pathOf(directory, ordinal));
  }

  async function append(journal: Journal, n: number, text = `group ${n}`): Promise<boolean> {
    const isAppended = await journal.append(n, Buffer.from(text));
    if (isAppended) journal.next();
    return isAppended;
  }

  function all(): string[] {
    return open()
      .readAll()
      .map(({ group }) => group.toString());
  }

  it('has a group flushed before it is appended, with one call where there is such a one', async () => {
    const journal = open();
    const flushed = process.platform === 'linux' ? ['write and flush'] : ['write', 'flush'];
    await append(journal, 1);
    expect(disk.done).to.deep.equal(flushed);
    await append(journal, 2);
    expect(disk.done).to.deep.equal([...flushed, ...flushed]);
  });

  it('has what others wrote before a group flushed with it, as they may not have come to that', async () => {
    await append(open('commit'), 1);
    const journal = open();
    journal.readAll();
    const before = disk.done.length;
    await append(journal, 2);
    expect(disk.done.slice(before).at(-1)).to.equal('flush');
    await append(journal, 3);
    expect(disk.done.slice(before)).to.have.length(process.platform === 'linux' ? 3 : 4);
  });

  it('does not wait for the disk where the system is enough', async () => {
    await append(open('commit'), 1);
    expect(disk.done).to.deep.equal(['write']);
  });

  for (const fault of ['fails', 'takes a part and fails'] satisfies Fault[]) {
    it(`goes on after a write that ${fault}, and has nothing of it`, async () => {
      const journal = open();
      await append(journal, 1);
      disk.faults.push(fault);
      expect(await rejectionOf(append(journal, 2))).to.have.property('code', 'EIO');
      expect(journal.failure).to.equal(undefined);
      expect(all()).to.deep.equal(['group 1']);
      expect(await append(journal, 2)).to.equal(true);
      expect(all()).to.deep.equal(['group 1', 'group 2']);
    });
  }

  it('builds on nothing that could not be flushed: it appends no more until it is opened anew', async () => {
    const journal = open();
    await append(journal, 1);
    disk.faults.push('takes it and fails');
    expect(await rejectionOf(append(journal, 2))).to.have.property('code', 'EIO');
    expect(journal.failure).to.be.instanceOf(StoreUnavailableError);
    journal.next();
    expect(await rejectionOf(append(journal, 3))).to.equal(journal.failure);
    const anew = open();
    const last = anew.readAll().at(-1)?.n ?? 0;
    expect(await append(anew, last + 1)).to.equal(true);
    expect(all().at(-1)).to.equal(`group ${last + 1}`);
  });

  it('builds on nothing that may be there without having been flushed, as it cannot be read', async () => {
    const [journal, other] = [open(), open()];
    await append(journal, 1);
    disk.faults.push('takes it and fails');
    const { readSync } = fs;
    Object.assign(fs, {
      readSync: (...args: Parameters<typeof readSync>) => {
        // After the write.
        if (disk.faults.length === 0) throw new Error('EIO: arranged');
        return readSync(...args);
      },
    });
    syncBuiltinESMExports();
    try {
      expect(await rejectionOf(append(journal, 2))).to.have.property('code', 'EIO');
    } finally {
      Object.assign(fs, { readSync });
      syncBuiltinESMExports();
    }
    expect(rest(other)).to.deep.equal(['group 1', 'group 2']);
    expect(await rejectionOf(append(journal, 2, 'other 2'))).to.equal(journal.failure);
    expect(await append(other, 3)).to.equal(true);
    expect(all()).to.deep.equal(['group 1', 'group 2', 'group 3']);
  });

  /** What a process gives that was there before. */
  function rest(journal: Journal): string[] {
    const given: string[] = [];
    for (let next = journal.next(); next !== undefined; next = journal.next()) {
      given.push(next === 'gone' ? next : next.group.toString());
    }
    return given;
  }

  for (const [files, long] of [
    ['the next file', LONG],
    ['the one after the next file, which is too small', LONGER],
  ] as const) {
    it(`lets one process append a number where another one failed to do so in ${files}`, async () => {
      const [one, other, reader] = [open('flush', SMALL), open('flush', SMALL), open('flush', SMALL)];
      await append(one, 1, FIRST);
      disk.faults.push('fails');
      expect(await rejectionOf(append(one, 2, long))).to.have.property('code', 'EIO');
      expect([rest(other), rest(reader)]).to.deep.equal([[FIRST], [FIRST]]);
      expect(await append(other, 2, 'short')).to.equal(true);
      expect(await append(one, 2, long)).to.equal(false);
      expect([rest(one), rest(reader)]).to.deep.equal([['short'], ['short']]);
      expect(await append(one, 3, long)).to.equal(true);
      expect(all()).to.deep.equal([FIRST, 'short', long]);
      expect([rest(other), rest(reader)]).to.deep.equal([[long], [long]]);
    });

    it(`has others see what a process appended after it failed to do so in ${files}`, async () => {
      const [one, other] = [open('flush', SMALL), open('flush', SMALL)];
      await append(one, 1, FIRST);
      disk.faults.push('fails');
      const failing = rejectionOf(append(one, 2, long));
      expect(await failing).to.have.property('code', 'EIO');
      rest(other);
      expect(await append(one, 2, 'short')).to.equal(true);
      expect(await append(other, 2, 'other')).to.equal(false);
      expect(rest(other)).to.deep.equal(['short']);
    });
  }

  it('appends when a file that it was to flush is removed in that moment', async () => {
    const other = open('commit', SMALL);
    for (let n = 1; n <= 30; n++) await append(other, n);
    await other.idle();
    const journal = open('flush', SMALL);
    journal.readAll();
    let isRemoved = false;
    hook({
      open: async (path) => {
        if (isRemoved || !FILE.test(path)) return;
        isRemoved = true;
        other.removeBefore(30);
        await other.idle();
      },
    });
    expect(await append(journal, 31)).to.equal(true);
    expect(isRemoved).to.equal(true);
    expect(journal.failure).to.equal(undefined);
  });

  /** What the system says if the process may not open more files. */
  function tooMany(): Error {
    return Object.assign(new Error('EMFILE: arranged'), { code: 'EMFILE', errno: -constants.errno.EMFILE });
  }

  it('goes on when there were no files left to be opened for a flush, and has nothing of what was not flushed', async () => {
    const other = open('commit', SMALL);
    for (let n = 1; n <= 30; n++) await append(other, n);
    await other.idle();
    const journal = open('flush', SMALL);
    journal.readAll();
    const count = all().length;
    const flushed: string[] = [];
    for (const kept of [DIRECTORY, FILE]) {
      hook({
        open: (path) => {
          if (kept.test(path)) throw tooMany();
        },
      });
      expect(await rejectionOf(append(journal, 31))).to.have.property('code', 'EMFILE');
      expect(journal.failure).to.equal(undefined);
      expect(all().length).to.equal(count);
    }
    hook({ sync: (path) => void flushed.push(path) });
    expect(await append(journal, 31)).to.equal(true);
    expect(flushed.filter((path) => FILE.test(path)).length).to.be.at.least(3);
  });

  it('builds on nothing if what others wrote could not be flushed', async () => {
    const other = open('commit', SMALL);
    for (let n = 1; n <= 30; n++) await append(other, n);
    await other.idle();
    for (const failing of [DIRECTORY, FILE]) {
      const journal = open('flush', SMALL);
      journal.readAll();
      hook({
        sync: (path) => {
          if (failing.test(path)) throw new Error('EIO: arranged');
        },
      });
      expect(await rejectionOf(append(journal, 31))).to.be.instanceOf(StoreUnavailableError);
      unhook();
      expect(await rejectionOf(append(journal, 31))).to.equal(journal.failure);
      expect(all()).to.have.length(30);
    }
  });

  it('appends no more when a flush fails that nobody waits for', async () => {
    for (const [i, failing] of [FILE, DIRECTORY].entries()) {
      const journal = open('commit');
      journal.readAll();
      hook({
        sync: (path) => {
          if (failing.test(path)) throw new Error('EIO: arranged');
        },
      });
      expect(await append(journal, i + 1)).to.equal(true);
      await journal.idle();
      expect(await rejectionOf(append(journal, i + 2))).to.be.instanceOf(StoreUnavailableError);
      expect(journal.failure).to.be.instanceOf(StoreUnavailableError);
      expect(all()).to.have.length(i + 1);
    }
  });

  it('flushes later what could not be opened for a flush that nobody waits for, but what is removed', async () => {
    const journal = open('commit', SMALL);
    const flushed = new Set<string>();
    hook({
      open: (path) => {
        if (FILE.test(path) && flushed.size === 0) throw tooMany();
      },
    });
    for (let n = 1; n <= 30; n++) await append(journal, n);
    await journal.idle();
    journal.removeBefore(15);
    await journal.idle();
    expect(journal.failure).to.equal(undefined);
    hook({ sync: (path) => void flushed.add(path) });
    await append(journal, 31);
    await journal.idle();
    expect(journal.failure).to.equal(undefined);
    expect([...flushed].filter((path) => FILE.test(path)).sort()).to.deep.equal(files().sort());
  });

  it('takes no more of a disk than it has, and as much as before when that has room again', async () => {
    const journal = open();
    await append(journal, 1);
    let room = 100_000;
    hook({
      sync: (path) => {
        if (!path.endsWith('journal.new') || statSync(path).size <= room) return;
        throw Object.assign(new Error('ENOSPC: arranged'), { code: 'ENOSPC' });
      },
    });
    const long = 'x'.repeat(90_000);
    const sizes = (): number[] => files().map((path) => statSync(path).size);
    // The first file has 256 KiB.
    for (let n = 2; n <= 4; n++) expect(await append(journal, n, long)).to.equal(true);
    expect(sizes().at(-1)).to.be.within(long.length, room);
    room = 5000;
    expect(await rejectionOf(append(journal, 5, long))).to.have.property('code', 'ENOSPC');
    expect(readdirSync(directory)).not.to.include('journal.new');
    expect(await append(journal, 5)).to.equal(true);
    room = 10_000_000;
    for (let n = 6; n <= 40; n++) expect(await append(journal, n, long)).to.equal(true);
    await journal.idle();
    expect(Math.max(...sizes())).to.be.greaterThan(500_000);
    expect(all()).to.have.length(40);
  });

  it('has the name of a file flushed before it writes there, whoever made it', async () => {
    const journal = open('flush', SMALL);
    await append(journal, 1, FIRST);
    await journal.idle();
    // As of a process that was killed when it had made the file.
    const made = join(directory, 'made');
    writeFileSync(made, Buffer.alloc(SMALL));
    renameSync(made, pathOf(directory, ordinalsIn(directory).length + 1));
    const done: string[] = [];
    hook({
      sync: (path) => {
        if (DIRECTORY.test(path)) done.push(...disk.done.slice(written), 'directory');
      },
    });
    const written = disk.done.length;
    expect(await append(journal, 2, LONG)).to.equal(true);
    expect(done).to.deep.equal(['directory']);
    expect(await append(journal, 3)).to.equal(true);
    expect(done).to.deep.equal(['directory']);
    expect(all()).to.deep.equal([FIRST, LONG, 'group 3']);
  });

  it('makes another file for a group that does not fit into one whose making has not ended', async () => {
    const journal = open('flush', SMALL);
    await append(journal, 1, FIRST);
    let flushed = (): void => undefined;
    const isFlushed = new Promise<void>((resolve) => (flushed = resolve));
    hook({ sync: (path) => (DIRECTORY.test(path) ? isFlushed : undefined) });
    // More than half of the file is full: the next one is made, but cannot hold the group after.
    expect(await append(journal, 2, '')).to.equal(true);
    while (files().length < 3) await new Promise(setImmediate);
    const appended = append(journal, 3, LONGER);
    await new Promise(setImmediate);
    flushed();
    expect(await appended).to.equal(true);
    expect(all()).to.deep.equal([FIRST, '', LONGER]);
  });

  it('builds on no file whose name could not be flushed', async () => {
    const journal = open('flush', SMALL);
    await append(journal, 1, FIRST);
    hook({
      sync: (path) => {
        if (DIRECTORY.test(path)) throw new Error('EIO: arranged');
      },
    });
    expect(await rejectionOf(append(journal, 2, LONG))).to.be.instanceOf(StoreUnavailableError);
    unhook();
    expect(await rejectionOf(append(journal, 2, LONG))).to.equal(journal.failure);
    expect(all()).to.deep.equal([FIRST]);
  });

  it('removes no file as long as one before it cannot be removed, and both later', async () => {
    const [sleeper, journal] = [open('flush', SMALL), open('flush', SMALL)];
    await append(journal, 1, FIRST);
    expect(rest(sleeper)).to.deep.equal([FIRST]);
    for (let n = 2; n <= 40; n++) await append(journal, n);
    const [, second = '', third = ''] = files();
    hook({
      unlink: (path) => {
        if (path === second) throw new Error('EBUSY: arranged');
      },
    });
    journal.removeBefore(30);
    await journal.idle();
    expect(files().slice(0, 2)).to.deep.equal([second, third]);
    // Else this would be the end of the journal to who is in the file that stays.
    expect(rest(sleeper).at(-1)).to.equal('group 40');
    unhook();
    journal.removeBefore(40);
    await journal.idle();
    expect(files().length).to.be.at.most(2);
  });

  it('says that groups are gone until it was read anew as a whole', async () => {
    const [sleeper, other] = [open('flush', SMALL), open('flush', SMALL)];
    for (let n = 1; n <= 40; n++) {
      await append(other, n);
      if (n === 1) expect(rest(sleeper)).to.deep.equal(['group 1']);
    }
    other.removeBefore(20);
    await other.idle();
    const left = all();
    while (sleeper.next() !== 'gone');
    for (const opened of [0, 1, 2]) {
      let count = 0;
      hook({
        openSync: (path) => {
          if (FILE.test(path) && count++ === opened) throw tooMany();
        },
      });
      expect(() => sleeper.readAll()).to.throw('EMFILE');
      unhook();
      expect(sleeper.next()).to.equal('gone');
      for (const n of [1, 2, 40, 41]) expect(await sleeper.append(n, Buffer.from('late'))).to.equal(false);
      // Nobody knows by now which groups are needed.
      sleeper.removeBefore(41);
      await sleeper.idle();
      expect(sleeper.next()).to.equal('gone');
    }
    expect(sleeper.readAll().map(({ group }) => group.toString())).to.deep.equal(left);
    expect(await append(sleeper, 41)).to.equal(true);
  });

  it('says to try again when there were no files left to be opened', async () => {
    const store = await openStore();
    hook({
      open: () => {
        throw tooMany();
      },
    });
    expect(await rejectionOf(store.put(KEY, Uint8Array.of(1)))).to.be.instanceOf(StoreUnavailableError);
    unhook();
    expect((await store.put(KEY, Uint8Array.of(1))).stored).to.equal(true);
    await store.check();
  });

  it('fails those who write while the disk is full, and nobody after', async () => {
    disk.restore();
    disk = watchFiles('ENOSPC');
    const store = await openStore();
    disk.faults.push('takes a part and fails');
    expect(await rejectionOf(store.put(KEY, Uint8Array.of(1)))).to.be.instanceOf(StoreUnavailableError);
    const { stored } = await store.put(KEY, Uint8Array.of(2));
    expect(stored).to.equal(true);
    await store.check();
    expect((await store.fetch(KEY)).values).to.deep.equal([Buffer.of(2)]);
  });

  it('makes the store unhealthy when the disk loses what it was given, until it is opened anew', async () => {
    const store = await openStore();
    disk.faults.push('takes it and fails');
    expect(await rejectionOf(store.put(KEY, Uint8Array.of(1)))).to.be.instanceOf(StoreUnavailableError);
    expect(await rejectionOf(store.check())).to.be.instanceOf(StoreUnavailableError);
    expect(await rejectionOf(store.put(KEY.replace('0', '1'), Uint8Array.of(1)))).to.be.instanceOf(
      StoreUnavailableError,
    );
    await store.close();
    const anew = await openStore();
    await anew.check();
    await anew.put(KEY.replace('0', '1'), Uint8Array.of(1));
  });
});
