import { chown, lchown, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';

import { openLmdbStore } from '../../../lib/store/lmdb/store.js';
import { RecordingLog } from '../../support/recording-log.js';
import { startTracker } from '../../support/tracker-process.js';
import { itAsRoot } from '../../support/as-root.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { runDoctor } from '../../doctor/run-doctor.js';

const NOBODY = 65_534;

describe('The doctor, of the embedded store', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await makeTempDir();
  });
  afterEach(() => removeTempDir(directory));

  it('tries out a write in a directory that is there, and leaves no key in it', async () => {
    const { status, output } = await runDoctor({ DATA_DIR: directory });
    expect(status).to.equal(0);
    expect(output).to.match(/^ok {6}data directory .+: is there and can be written to$/m);
    expect(output).to.match(/^ok {6}a write, flushed to the disk: took [\d.]+ ms$/m);
    const store = await openLmdbStore({ directory, durability: 'flush', log: new RecordingLog() });
    expect((await store.keys({ from: '', to: '\x7f' }, undefined, 10)).keys).to.deep.equal([]);
    await store.close();
  });

  it('says so if writes are not flushed', async () => {
    const { output } = await runDoctor({ DATA_DIR: directory, DURABILITY: 'commit' });
    expect(output).to.include('a write, not flushed to the disk: took');
  });

  it('has a tracker that runs on it try out the write', async () => {
    const tracker = await startTracker();
    try {
      const { status, output } = await runDoctor({ DATA_DIR: tracker.dataDirectory });
      expect(status, output).to.equal(0);
      expect(output).to.match(
        /^ok {6}a write, flushed to the disk: took [\d.]+ ms, by the tracker that runs$/m,
      );
    } finally {
      await tracker.dispose();
    }
  });

  it('says which process has the store, if that is none that can be asked', async () => {
    const store = await openLmdbStore({ directory, durability: 'flush', log: new RecordingLog() });
    const { status, output } = await runDoctor({ DATA_DIR: directory });
    expect(status).to.equal(1);
    expect(output).to.match(new RegExp(`a write, flushed to the disk: in use: process ${process.pid} `));
    await store.close();
  });

  itAsRoot(
    'as root leaves nothing of root there, and follows no link that another user has put there',
    async () => {
      const data = join(directory, 'data');
      const target = join(directory, 'target');
      for (const name of [undefined, 'lock', 'shards.mdb', 'counts.mdb-lock', 'journal.1', 'check.tmp']) {
        await rm(data, { recursive: true, force: true });
        await mkdir(data);
        await writeFile(target, 'of root', { mode: 0o600 });
        if (name !== undefined) {
          await symlink(target, join(data, name));
          await lchown(join(data, name), NOBODY, NOBODY);
        }
        await chown(data, NOBODY, NOBODY);
        await runDoctor({ DATA_DIR: data });
        expect((await stat(target)).uid, name).to.equal(0);
        expect(await readFile(target, 'utf8'), name).to.equal('of root');
        const files = (await readdir(data)).filter((file) => file !== name);
        for (const file of files) expect((await stat(join(data, file))).uid, file).to.equal(NOBODY);
      }
    },
  );

  it('is afterwards where it was before', async () => {
    const before = process.cwd();
    await runDoctor({ DATA_DIR: directory });
    expect(process.cwd()).to.equal(before);
  });

  it('does not make a directory that is not there yet', async () => {
    const { status, output } = await runDoctor({ DATA_DIR: join(directory, 'a/b') });
    expect(status).to.equal(0);
    expect(output).to.include('is not there yet; the tracker makes it');
    expect(await readdir(directory)).to.deep.equal([]);
  });

  it('says what is in the way', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    const { status, output } = await runDoctor({ DATA_DIR: join(file, 'data') });
    expect(status).to.equal(1);
    expect(output).to.include(`${file} is no directory`).and.include('to mend it: as root: mkdir -p');
  });

  it('says what LMDB says about a store that is damaged', async () => {
    const data = join(directory, 'data');
    await mkdir(data);
    await writeFile(join(data, 'shards.mdb'), Buffer.alloc(100_000, 7));
    const { status, output } = await runDoctor({ DATA_DIR: data });
    expect(status, output).to.equal(1);
    expect(output).to.match(/^wrong {3}a write/m);
  });
});
