import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { buildFirst, entry } from './support/entry.js';

describe('A command whose reader has seen enough, as head has,', function () {
  this.timeout(60_000);
  let directory = '';

  buildFirst();
  before(async () => {
    directory = await makeTempDir();
    expect(run(`"${entry}" purge`).status).to.equal(0);
    const list = Array.from({ length: 20_000 }, (_, i) => createHash('sha1').update(String(i)).digest('hex'));
    writeFileSync(join(directory, 'list.txt'), list.join('\n'));
    expect(run(`"${entry}" list import list.txt`).status).to.equal(0);
  });
  after(() => removeTempDir(directory));

  /** @param command for the shell, behind the name of Node */
  function run(command: string) {
    return spawnSync('bash', ['-c', `set -o pipefail; "${process.execPath}" ${command}`], {
      cwd: directory,
      env: { PATH: process.env['PATH'], DATA_DIR: join(directory, 'data') },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
  }

  const commands = {
    doctor: `"${entry}" doctor`,
    report: `"${entry}" report`,
    settings: `"${entry}" settings`,
    '--help': `"${entry}" --help`,
    'list export, which is long,': `"${entry}" list export`,
  };
  for (const [name, command] of Object.entries(commands)) {
    it(`says nothing of it: ${name}`, () => {
      const { status, stdout, stderr } = run(`${command} | head -n 1`);
      expect([status, stderr], name).to.deep.equal([0, '']);
      expect(stdout.split('\n')).to.have.length(2);
      // The reader is gone before the first line.
      expect(run(`${command} | true`).stderr, name).to.equal('');
    });
  }
});
