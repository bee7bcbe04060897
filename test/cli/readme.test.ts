import { readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';

import packageJson from '../../package.json' with { type: 'json' };
import { scrape } from '../../lib/client/ask.js';
import { readTorrentFile } from '../../lib/metainfo/torrent.js';
import { COMMANDS } from '../../lib/cli/commands.mjs';
import { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { describeWith, installed } from '../support/programs.js';
import { startProgram, type RunningProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker } from '../support/tracker-process.js';

const readme = readFileSync('README.md', 'utf8');

/** The shell commands below a heading, one text a block. */
function blocksBelow(heading: string): string[] {
  const [, section = ''] = new RegExp(`^## ${heading}\\n([^]*?)(?=^## )`, 'm').exec(readme) ?? [];
  return Array.from(section.matchAll(/^```sh\n([^]*?)^```$/gm), ([, commands = '']) => commands);
}

describe('the README', function () {
  this.timeout(120_000);

  it('can be read in a few minutes', () => {
    expect(readme.split(/\s+/).filter((word) => /\w/.test(word)).length).to.be.at.most(900);
  });

  it('names commands, scripts and files that are there', () => {
    for (const [, script = ''] of readme.matchAll(/npm run (\w+)/g)) {
      expect(packageJson.scripts).to.have.property(script);
    }
    const names = COMMANDS.map(({ name }) => name);
    for (const [, name = ''] of readme.matchAll(/`tracker (\w+)/g)) expect(names).to.include(name);
    for (const [, path = ''] of readme.matchAll(/\]\(((?!http)[^)#]+)/g)) {
      if (/\.\w+$/.test(path)) expect(() => readFileSync(path), path).to.not.throw();
    }
  });

  describeWith([installed('aria2'), installed('transmission')], 'with aria2 and Transmission', () => {
    const atEnd = new Cleanup();

    afterEach(() => atEnd.run());

    it('shows commands that move a file from one client to another', async () => {
      const directory = await makeTempDir();
      atEnd.add(() => removeTempDir(directory));
      const tracker = await startTracker({ HOST: '127.0.0.1' });
      atEnd.add(() => tracker.dispose());
      const [seed = '', leech = ''] = blocksBelow('Use it with a real client');
      // The port of this test, and ports and a home that nobody else has.
      const run = async (commands: string, name: string): Promise<RunningProgram> => {
        const home = join(directory, `home-${name}`);
        await mkdir(home);
        const listening = `--listen-port=${await freePort()} --interface=127.0.0.1 --no-conf`;
        const script = commands
          .replaceAll('127.0.0.1:6969', `127.0.0.1:${tracker.port}`)
          // The shell becomes the last program, so that it can be ended.
          .replace(/^aria2c /m, `${name === 'seed' ? 'exec ' : ''}aria2c ${listening} `);
        const program = await startProgram('bash', ['-e', '-c', script], {
          cwd: directory,
          env: { PATH: process.env['PATH'], HOME: home },
        });
        atEnd.add(() => program.stop());
        return program;
      };
      const seeder = await run(seed, 'seed');
      await eventually(
        'a seeder',
        30_000,
        async () => {
          if (seeder.exit !== undefined) throw new Error(seeder.describe());
          const file = await readFile(join(directory, 'movie.torrent')).catch(() => undefined);
          if (file === undefined) return undefined;
          const { infohashes } = readTorrentFile(file);
          const options = { timeoutMs: 5000, family: 4 } as const;
          const [counts] = await scrape(new URL(tracker.announceUrl()), infohashes, options);
          return counts?.seeders === 1;
        },
        () => seeder.describe(),
      );
      const leecher = await run(leech, 'leech');
      const { status } = await leecher.ended;
      expect(status, leecher.describe()).to.equal(0);
      expect(leecher.stdout)
        .to.match(/^same$/m)
        .and.to.match(/1 seeders, 0 leechers/);
    });
  });
});
