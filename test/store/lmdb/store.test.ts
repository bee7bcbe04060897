import { chmod, cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { StoreError, StoreUnavailableError } from '../../../lib/store/errors.js';
import { openEnvironment } from '../../../lib/store/lmdb/environment.js';
import { StoreRefusedError } from '../../../lib/store/errors.js';
import { openLmdbStore } from '../../../lib/store/lmdb/store.js';
import { recordsOf } from '../../../lib/store/lmdb/log-record.js';
import { RecordingLog } from '../../support/recording-log.js';
import { rejectionOf } from '../../support/rejection.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { storeConformance } from '../conformance.js';

import { openQuietStore } from './quiet-store.js';
import { watchFiles } from './support/faulty-files.js';

/**
 * Made by the version that had a journal for several processes: 40 keys, put twice, every fourth
 * one removed.
 */
const BEFORE = fileURLToPath(new URL('support/before-one-owner', import.meta.url));
const KEY = '00'.repeat(20);
const LMDB_FILES = ['shards.mdb', 'counts.mdb'] as const;
const FILES = [...LMDB_FILES, 'journal.1'] as const;

for (const durability of ['flush', 'commit'] as const) {
  storeConformance(`LMDB, answered after the ${durability}`, async () => {
    const directory = await makeTempDir();
    const store = await openQuietStore(directory, durability);
    const close = async (): Promise<void> => {
      await store.close();
      await removeTempDir(directory);
    };
    return { store, close };
  });
}

describe('LMDB store', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  it('makes its directory, with dots in its name or without', async () => {
    for (const name of ['deep/er', 'tracker.example.org']) {
      const store = await openQuietStore(join(directory, name));
      await store.put(KEY, Uint8Array.of(1));
      await store.close();
      for (const file of FILES) expect((await stat(join(directory, name, file))).isFile()).to.equal(true);
    }
  });

  it('has after reopening what was answered before', async () => {
    const first = await openQuietStore(directory);
    await first.put(KEY, Uint8Array.of(1, 2, 3));
    await first.increment(KEY, 5);
    await first.close();
    const second = await openQuietStore(directory);
    expect((await second.fetch(KEY)).values.map((value) => [...value])).to.deep.equal([[1, 2, 3]]);
    expect(await second.count(KEY)).to.equal(5);
    await second.close();
  });

  it('never numbers a version as an earlier run did', async () => {
    const first = await openQuietStore(directory);
    const { version } = await first.put(KEY, Uint8Array.of(1));
    if (version === undefined) throw new Error('a version was expected');
    await first.remove(KEY, version);
    await first.close();
    const second = await openQuietStore(directory);
    await second.put(KEY, Uint8Array.of(1));
    expect((await second.put(KEY, Uint8Array.of(9), version)).stored).to.equal(false);
    await second.close();
  });

  it('grows little when the same shards are written again and again with little changed', async () => {
    const store = await openQuietStore(directory);
    const keys = Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(40, '0'));
    const overwrite = async (rounds: number): Promise<void> => {
      await Promise.all(
        keys.map(async (key) => {
          let { version } = await store.fetch(key);
          for (let round = 0; round < rounds; round += 1) {
            const value = new Uint8Array(4096).fill(7).fill(round, 100, 130);
            ({ version } = await store.put(key, value, version));
          }
        }),
      );
    };
    await overwrite(20);
    const settled = await sizeOf(directory);
    await overwrite(100);
    // 13 MB were put; the journal makes its files before it needs them.
    expect((await sizeOf(directory)) - settled).to.be.at.most(2_000_000);
    await store.close();
  });

  it('refuses a directory that cannot be made, with the reason', async () => {
    const file = join(directory, 'file');
    await writeFile(file, 'not a directory');
    const error = await rejectionOf(openQuietStore(join(file, 'store')));
    expect(error).to.be.instanceOf(StoreError).with.property('cause').that.is.instanceOf(Error);
    expect(error).to.have.property('message').that.includes(directory);
  });

  it('refuses a data file that is not one of LMDB', async () => {
    for (const [name, content] of [
      ['text', 'x'],
      ['zeros', '\0'.repeat(8192)],
    ] as const) {
      for (const file of LMDB_FILES) {
        const damaged = join(directory, `${name}-${file}`);
        await mkdir(damaged);
        await writeFile(join(damaged, file), content);
        expect(await rejectionOf(openQuietStore(damaged))).to.be.instanceOf(StoreError);
      }
    }
  });

  it('refuses a version that it did not give', async () => {
    const store = await openQuietStore(directory);
    expect(await rejectionOf(store.put(KEY, Uint8Array.of(1), { theirs: 1 }))).to.be.instanceOf(StoreError);
    expect(await rejectionOf(store.remove(KEY, 'theirs'))).to.be.instanceOf(StoreError);
    await store.close();
  });

  it('refuses a key that LMDB cannot hold', async () => {
    const store = await openQuietStore(directory);
    expect(await rejectionOf(store.fetch('k'.repeat(5000)))).to.be.instanceOf(StoreError);
    expect(await rejectionOf(store.put('k'.repeat(5000), Uint8Array.of(1)))).to.be.instanceOf(StoreError);
    await store.put(KEY, Uint8Array.of(1));
    await store.close();
  });

  it('refuses a file of LMDB that is cut off, with what to do, and opens it when it is whole again', async () => {
    const store = await openQuietStore(directory);
    const keys = Array.from({ length: 600 }, (_, i) => i.toString(16).padStart(40, '0'));
    await Promise.all(keys.map((key) => store.put(key, new Uint8Array(4000))));
    await Promise.all(keys.map((key) => store.increment(key, 1)));
    await store.close();
    // Put there in the usual way, but now.
    const environment = openEnvironment(directory, 'flush');
    await environment.shards.batch(() => {
      for (const key of keys) void environment.shards.put(key, Buffer.alloc(4000), 1);
    });
    await environment.close();
    for (const file of LMDB_FILES) {
      const path = join(directory, file);
      const whole = await readFile(path);
      const sizes = [1, 100, 4096, 8191, 8192];
      if (file === 'shards.mdb') sizes.push(whole.length / 2, whole.length - 300 * 4096);
      for (const size of sizes) {
        await truncate(path, size);
        const error = await rejectionOf(openQuietStore(directory));
        expect(error, `${file} of ${size} bytes`).to.be.instanceOf(StoreRefusedError);
        expect(error).to.have.property('message').that.includes(file).and.includes('restore the directory');
        await writeFile(path, whole);
      }
    }
    const again = await openQuietStore(directory);
    expect((await again.fetch(KEY)).values[0]).to.have.length(4000);
    await again.close();
  });

  it('opens a directory of the version before, with all that is in it', async () => {
    await cp(BEFORE, directory, { recursive: true });
    const store = await openQuietStore(directory);
    for (let i = 0; i < 40; i++) {
      const { values } = await store.fetch(`${i}`.padStart(40, '0'));
      expect(values.map((value) => Buffer.from(value).toString())).to.deep.equal(
        i % 4 === 3 ? [] : [`round 2 of ${i}`],
      );
      expect(await store.count(`${i}`.padStart(40, '0'))).to.equal(i);
    }
    await store.close();
  });

  it('loses one count to one flipped bit, says so once, and goes on from there', async () => {
    const store = await openQuietStore(directory);
    const keys = ['a', 'b', 'c'].map((digit) => digit.repeat(40));
    for (const key of keys) await store.increment(key, 40);
    await store.increment(keys[1] ?? '', 2);
    await store.close();
    const path = join(directory, 'counts.mdb');
    const file = await readFile(path);
    const count = Buffer.alloc(8);
    count.writeDoubleBE(42);
    const at = file.indexOf(count) >= 0 ? file.indexOf(count) : file.indexOf(count.reverse());
    expect(at).to.be.above(0);
    for (let next = at; next >= 0; next = file.indexOf(count, next + 1)) {
      // 42 becomes 46.
      const at = file.indexOf(0x45, next);
      file[at] = 0x47;
    }
    await writeFile(path, file);

    const log = new RecordingLog();
    const damaged = await openLmdbStore({ directory, durability: 'flush', log });
    for (let i = 0; i < 3; i++) {
      expect(await Promise.all(keys.map((key) => damaged.count(key)))).to.deep.equal([40, 0, 40]);
    }
    const errors = log.lines.filter(({ level }) => level === 'error');
    expect(errors).to.deep.equal([{ level: 'error', event: 'count damaged', fields: { key: keys[1] } }]);
    await damaged.increment(keys[1] ?? '', 1);
    expect(await damaged.count(keys[1] ?? '')).to.equal(1);
    await damaged.close();
  });

  it('says once, in the log and by its check, what the log has lost, and keeps the damaged file', async () => {
    const first = await openQuietStore(directory);
    for (let i = 0; i < 10; i++) await first.put(`${i}`.padStart(40, '0'), Uint8Array.of(i));
    await first.close();
    const path = join(directory, 'journal.1');
    const damaged = await readFile(path);
    const [, , third] = [...recordsOf(damaged)];
    damaged.fill('damage', third?.start, third?.end);
    await writeFile(path, damaged);

    const log = new RecordingLog();
    const store = await openLmdbStore({ directory, durability: 'flush', log });
    const bytes = (third?.end ?? 0) - (third?.start ?? 0);
    expect(log.lines.slice(0, 2)).to.deep.equal([
      {
        level: 'error',
        event: 'log damaged',
        fields: { recordsLost: 1, bytesUnread: bytes, recordsAfter: 7 },
      },
      {
        level: 'warn',
        event: 'damaged file set aside',
        fields: { file: join(directory, 'journal.1.damaged') },
      },
    ]);
    expect(await rejectionOf(store.check()))
      .to.have.property('message')
      .that.includes('1 record');
    await store.check();
    for (let i = 0; i < 10; i++) {
      const { values } = await store.fetch(`${i}`.padStart(40, '0'));
      expect(values, `${i}`).to.have.length(i === 2 ? 0 : 1);
    }
    expect((await readFile(`${path}.damaged`)).equals(damaged)).to.equal(true);
    await store.close();
    await openedWithout(directory, 'error');
  });

  it('fails its check when the log takes no record, or the directory no name, and not after', async () => {
    const store = await openQuietStore(directory);
    await store.put(KEY, Uint8Array.of(1));
    await store.check();
    const files = watchFiles('EDQUOT');
    files.faults.push('fails');
    expect(await rejectionOf(store.check())).to.be.instanceOf(StoreUnavailableError);
    files.restore();
    await store.check();
    // As if no name could be made: what is in the way cannot be removed.
    await mkdir(join(directory, 'check.tmp/full'), { recursive: true });
    expect(await rejectionOf(store.check())).to.be.instanceOf(StoreError);
    await rm(join(directory, 'check.tmp'), { recursive: true });
    await store.check();
    // A check that was killed leaves this.
    await mkdir(join(directory, 'check.tmp'));
    await store.check();
    expect(await readdir(directory)).to.not.include('check.tmp');
    await store.close();
  });

  it('is unhealthy when the disk loses what it was given, until it is opened anew', async () => {
    for (const durability of ['flush', 'commit'] as const) {
      const own = join(directory, durability);
      const store = await openQuietStore(own, durability);
      await store.put(KEY, Uint8Array.of(1));
      const files = watchFiles('EIO');
      files.faults.push('takes it and fails');
      expect(await rejectionOf(store.put('other', Uint8Array.of(2)))).to.be.instanceOf(StoreUnavailableError);
      files.restore();
      expect(await rejectionOf(store.put('third', Uint8Array.of(3)))).to.be.instanceOf(StoreUnavailableError);
      expect(await rejectionOf(store.check())).to.be.instanceOf(StoreUnavailableError);
      expect((await store.fetch(KEY)).values).to.have.length(1);
      await store.close();
      const again = await openQuietStore(own, durability);
      await again.check();
      await again.close();
    }
  });

  it('flushes a record with one call where there is such a one, and all that went before', async function () {
    if (process.platform !== 'linux') this.skip();
    const store = await openQuietStore(directory);
    await store.put(KEY, Uint8Array.of(1));
    const files = watchFiles('EIO');
    const { version } = await store.fetch(KEY);
    await store.put(KEY, Uint8Array.of(2), version);
    files.restore();
    expect(files.done).to.deep.equal(['write and flush']);
    await store.close();
  });

  it('lets nobody else read its files, also those that it finds', async () => {
    await (await openQuietStore(directory)).close();
    for (const name of await readdir(directory)) await chmod(join(directory, name), 0o666);
    const store = await openQuietStore(directory);
    await store.put(KEY, Uint8Array.of(1));
    for (const name of await readdir(directory)) {
      expect((await stat(join(directory, name))).mode & 0o137, name).to.equal(0);
    }
    await store.close();
  });

  it('says that a directory cannot be made below /proc, where it never could', async function () {
    if (process.platform !== 'linux') this.skip();
    expect(await rejectionOf(openQuietStore('/proc/nobody/data'))).to.be.instanceOf(StoreError);
  });

  for (const file of FILES) {
    it(`fails its check when ${file} was deleted or replaced`, async () => {
      const store = await openQuietStore(directory);
      await store.check();
      await rm(join(directory, file));
      expect(await rejectionOf(store.check())).to.be.instanceOf(StoreUnavailableError);
      await writeFile(join(directory, file), 'another file');
      expect(await rejectionOf(store.check())).to.be.instanceOf(StoreUnavailableError);
      await store.close();
    });
  }
});

/** Opens a store that has nothing to say at a level. */
async function openedWithout(directory: string, level: string): Promise<void> {
  const log = new RecordingLog();
  const store = await openLmdbStore({ directory, durability: 'flush', log });
  await store.check();
  await store.close();
  expect(log.lines.filter((line) => line.level === level)).to.deep.equal([]);
}

/** Bytes of all files. */
async function sizeOf(directory: string): Promise<number> {
  const files = await Promise.all((await readdir(directory)).map((name) => stat(join(directory, name))));
  return files.reduce((sum, { size }) => sum + size, 0);
}
