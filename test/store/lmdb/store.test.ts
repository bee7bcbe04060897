import { writeFile, readdir, rm, rmdir, stat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import { StoreError, StoreUnavailableError } from '../../../lib/store/errors.js';
import { rejectionOf } from '../../support/rejection.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { storeConformance } from '../conformance.js';

import { openQuietStore } from './quiet-store.js';

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

  it('sees at once what another opening of the directory was answered', async () => {
    const writer = await openQuietStore(directory);
    const reader = await openQuietStore(directory);
    let held = await writer.put(KEY, Uint8Array.of(0));
    for (let value = 1; value < 50; value += 1) {
      await reader.fetch(KEY);
      held = await writer.put(KEY, Uint8Array.of(value), held.version);
      expect((await reader.fetch(KEY)).values[0]?.[0]).to.equal(value);
    }
    await writer.close();
    await reader.close();
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

  it('fails its check when it cannot follow what other processes write', async () => {
    const store = await openQuietStore(directory);
    await store.put(KEY, Uint8Array.of(1));
    await store.check();
    const ordinals = (await readdir(directory)).map((name) =>
      Number(/^journal\.(\d+)$/.exec(name)?.[1] ?? 0),
    );
    // As unreadable as a file of another user, and so for root as well.
    const next = join(directory, `journal.${Math.max(...ordinals) + 1}`);
    // A process that appends often does not look for what others write, as they cannot.
    await delay(50);
    await mkdir(next);
    expect(await rejectionOf(store.put(KEY, Uint8Array.of(2)))).to.be.instanceOf(StoreError);
    expect(await rejectionOf(store.check())).to.be.instanceOf(StoreError);
    await rmdir(next);
    await store.check();
    await store.close();
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

/** Bytes of all files. */
async function sizeOf(directory: string): Promise<number> {
  const files = await Promise.all((await readdir(directory)).map((name) => stat(join(directory, name))));
  return files.reduce((sum, { size }) => sum + size, 0);
}
