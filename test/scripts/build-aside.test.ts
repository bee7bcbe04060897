import { existsSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect } from 'chai';

import { makeAside } from '../../scripts/lib/build-aside.mjs';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

describe('The directory that a build works in', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  async function leave(name: string, minutesAgo: number): Promise<void> {
    const path = join(directory, 'dist', name);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'announce.js'), '');
    const time = new Date(Date.now() - minutesAgo * 60_000);
    await utimes(path, time, time);
  }

  it('is a new and empty one each time, in dist/, which need not be there', async () => {
    const [first, second] = [1, 2].map(() => makeAside(join(directory, 'dist')));
    expect(first).to.not.equal(second);
    for (const aside of [first, second]) expect(await readdir(String(aside))).to.deep.equal([]);
  });

  it('takes the place of those that killed builds have left', async () => {
    await leave('.build-killed', 61);
    const aside = makeAside(join(directory, 'dist'));
    expect(await readdir(join(directory, 'dist'))).to.deep.equal([basename(aside)]);
  });

  it('leaves alone those of builds that may be under way, and the bundles', async () => {
    await leave('.build-running', 10);
    await leave('actions', 1000);
    makeAside(join(directory, 'dist'));
    for (const name of ['.build-running', 'actions']) {
      expect(existsSync(join(directory, 'dist', name, 'announce.js'))).to.equal(true);
    }
  });
});
