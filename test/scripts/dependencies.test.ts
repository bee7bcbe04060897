import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';

import { hintFor, isInstalled } from '../../scripts/lib/dependencies.mjs';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

const DEPENDENCIES = new URL('../../scripts/lib/dependencies.mjs', import.meta.url).href;

const here = { optional: true, os: [process.platform], cpu: [process.arch] };
const elsewhere = { optional: true, os: ['aix'], cpu: ['ppc64'] };

describe('the packages that a start needs', () => {
  let root = '';

  beforeEach(async () => {
    root = await makeTempDir();
  });

  afterEach(() => removeTempDir(root));

  async function given(wanted: Record<string, object>, installed: readonly string[]): Promise<boolean> {
    const packages = Object.fromEntries(
      Object.entries(wanted).map(([name, entry]) => [`node_modules/${name}`, { version: '1.0.0', ...entry }]),
    );
    const found = Object.fromEntries(
      Object.entries(packages).filter(([path]) => installed.includes(path.slice(13))),
    );
    await mkdir(join(root, 'node_modules'));
    for (const name of installed) await mkdir(join(root, 'node_modules', name), { recursive: true });
    await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages }));
    await writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: found }));
    return isInstalled(root, { tools: false });
  }

  it('are there without those of other platforms and those for development', async () => {
    const wanted = { lmdb: {}, 'lmdb-here': here, 'lmdb-elsewhere': elsewhere, tool: { dev: true } };
    expect(await given(wanted, ['lmdb', 'lmdb-here'])).to.equal(true);
  });

  it('are not there without the optional one for this platform, as after npm ci --omit=optional', async () => {
    expect(await given({ lmdb: {}, 'lmdb-here': here, 'lmdb-elsewhere': elsewhere }, ['lmdb'])).to.equal(
      false,
    );
  });

  it('are not there if they were installed on another platform', async () => {
    const wanted = { lmdb: {}, 'lmdb-here': here, 'lmdb-elsewhere': elsewhere };
    expect(await given(wanted, ['lmdb', 'lmdb-elsewhere'])).to.equal(false);
  });

  it('are there without an optional one that is for all platforms', async () => {
    expect(await given({ lmdb: {}, faster: { optional: true } }, ['lmdb'])).to.equal(true);
  });

  it('need a newer npm than Debian 12 and 13 have, which a failed install says', () => {
    expect(hintFor('9.2.0')).to.match(/npm 10 or newer; this is 9\.2\.0/);
    for (const version of ['10.8.2', '11.19.1', '']) expect(hintFor(version)).to.equal('');
  });

  describe('that are not there', () => {
    /** What npm was called with, if it is this script that is found. */
    async function installedWith(
      tools: boolean,
      environment: Readonly<Record<string, string>>,
    ): Promise<string> {
      const called = join(root, 'called');
      await mkdir(join(root, 'bin'), { recursive: true });
      await writeFile(join(root, 'bin/npm'), `#!/bin/sh\necho "$@" >"${called}"\n`, { mode: 0o755 });
      await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: {} }));
      const script = `import { ensureInstalled } from ${JSON.stringify(DEPENDENCIES)};
        ensureInstalled(${JSON.stringify(root)}, { tools: ${tools} });`;
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
        env: { PATH: `${root}/bin:${process.env['PATH'] ?? ''}`, ...environment },
        encoding: 'utf8',
      });
      expect(status, stderr).to.equal(0);
      return readFile(called, 'utf8');
    }

    it('are installed with all that the start needs, whatever the environment leaves out', async () => {
      const environment = { NODE_ENV: 'production', npm_config_omit: 'dev optional' };
      expect(await installedWith(true, environment)).to.match(/^ci --include=optional --include=dev /);
      expect(await installedWith(false, environment)).to.match(/^ci --include=optional --omit=dev /);
    });

    it('are installed by npm also where pnpm or yarn starts the tracker', async () => {
      for (const npm_execpath of ['/usr/lib/pnpm/bin/pnpm.cjs', '/usr/share/yarn/bin/yarn.js']) {
        expect(await installedWith(false, { npm_execpath })).to.match(/^ci /);
      }
    });
  });
});
