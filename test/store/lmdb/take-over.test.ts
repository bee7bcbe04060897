import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import { open } from 'lmdb';

import { openEnvironment } from '../../../lib/store/lmdb/environment.js';
import { Journal } from '../../../lib/store/lmdb/journal.js';
import { GroupWriter } from '../../../lib/store/lmdb/journal-group.js';
import { takeOverFrom01 } from '../../../lib/store/lmdb/take-over.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { openQuietStore } from './quiet-store.js';

const KEYS = ['11', '22', '33'].map((byte) => byte.repeat(20));
const [CHANGED = '', REMOVED = '', COUNTED = ''] = KEYS;

describe('a data directory of version 0.1', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  /** As that version left it: groups in slots, a round or so, some of them cleared. */
  async function leaveJournal(): Promise<void> {
    const file = open({ path: join(directory, 'journal.mdb'), noSubdir: true, encoding: 'binary' });
    const journal = file.openDB<Uint8Array, number>('journal', {
      encoding: 'binary',
      keyEncoding: 'uint32',
      useVersions: true,
    });
    const writer = new GroupWriter();
    let held: { value: Buffer; version: number } | undefined;
    const puts: Promise<unknown>[] = [];
    for (let n = 64_000; n < 68_000; n++) {
      writer.start();
      const next = { value: Buffer.alloc(50, String(n)), version: n };
      writer.replaced(CHANGED, held, next);
      if (n === 66_000) writer.replaced(REMOVED, undefined, next);
      if (n === 66_001) writer.removed(REMOVED, { value: next.value, version: 66_000 });
      held = next;
      const group = n === 64_000 ? new Uint8Array(0) : Uint8Array.from(writer.finish());
      puts.push(journal.put(n % 65_536, group, n));
      if (n === 64_000) held = undefined;
    }
    await Promise.all(puts);
    const counts = file.openDB<Uint8Array, string>('counts', { encoding: 'binary', useVersions: true });
    await counts.put(COUNTED, new Uint8Array(0), 42);
    await file.close();
  }

  it('is taken over with all shards and counts', async () => {
    await leaveJournal();
    for (let times = 0; times < 2; times++) {
      const store = await openQuietStore(directory);
      const { values } = await store.fetch(CHANGED);
      expect(values.map(String)).to.deep.equal([Buffer.alloc(50, '67999').toString()]);
      expect((await store.fetch(REMOVED)).values).to.deep.equal([]);
      expect(await store.count(COUNTED)).to.equal(42);
      expect((await store.put(CHANGED, Uint8Array.of(1))).stored).to.equal(false);
      await store.close();
      expect((await readdir(directory)).filter((name) => name.startsWith('journal.mdb'))).to.deep.equal([]);
    }
  });

  it('is taken over by a process while another one does so, and brings back nothing that was removed since', async () => {
    await leaveJournal();
    const environment = openEnvironment(directory, 'flush');
    const journal = new Journal({ directory, durability: 'flush' });
    const append = journal.append.bind(journal);
    let isFirst = true;
    journal.append = async (n, group) => {
      if (isFirst) {
        isFirst = false;
        const other = await openQuietStore(directory);
        const { version } = await other.fetch(CHANGED);
        await other.remove(CHANGED, version ?? 0);
        await other.close();
      }
      return append(n, group);
    };
    await takeOverFrom01(directory, environment.counts, journal);
    await journal.close();
    await environment.close();
    const store = await openQuietStore(directory);
    expect(isFirst).to.equal(false);
    expect((await store.fetch(CHANGED)).values).to.deep.equal([]);
    expect(await store.count(COUNTED)).to.equal(42);
    await store.close();
  });

  it('is taken over when that was begun before, and loses no count of since', async () => {
    await leaveJournal();
    const store = await openQuietStore(directory);
    await store.increment(COUNTED, 1);
    await store.close();
    await leaveJournal();
    const again = await openQuietStore(directory);
    expect((await again.fetch(CHANGED)).values.map(String)).to.deep.equal([
      Buffer.alloc(50, '67999').toString(),
    ]);
    expect(await again.count(COUNTED)).to.equal(43);
    await again.close();
  });
});
