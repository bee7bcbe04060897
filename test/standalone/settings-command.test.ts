import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { givenSettings } from '../../lib/config/given.js';
import { settingsText } from '../../lib/standalone/settings-command.js';
import { eventually } from '../support/eventually.js';
import { startProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { buildFirst, entry } from './support/entry.js';

interface Listed {
  readonly settings: readonly { readonly name: string; readonly value: string; readonly from: string }[];
}

describe('npm run settings', () => {
  it('prints a line for each setting that applies: name, value with unit, and where it is from', () => {
    const lines = settingsText(givenSettings({ ANNOUNCE_INTERVAL: '600' }), 'table').split('\n');
    expect(lines[0]).to.match(/^SETTING +VALUE +FROM$/);
    expect(lines.find((line) => line.startsWith('ANNOUNCE_INTERVAL'))).to.match(
      /^ANNOUNCE_INTERVAL +600 seconds +environment$/,
    );
    expect(lines.find((line) => line.startsWith('PORT'))).to.match(/^PORT +6969 +default$/);
    expect(lines.find((line) => line.startsWith('LIST_FILE'))).to.match(/^LIST_FILE +- +default$/);
    expect(lines.some((line) => line.startsWith('RIAK_'))).to.equal(false);
  });

  it('prints what is given for another store apart, and says of which store it is of no use to', () => {
    const [, after = ''] = settingsText(givenSettings({ RIAK_NODES: 'a:1' }), 'table').split(
      'Given, but of no use with STORE=lmdb:\n',
    );
    expect(after).to.match(/^SETTING +VALUE +FROM\nRIAK_NODES +a:1 +environment\n$/);
  });

  it('prints all of them as JSON', () => {
    const { settings } = JSON.parse(settingsText(givenSettings({ PORT: '0' }), 'json')) as Listed;
    expect(settings.find(({ name }) => name === 'PORT')).to.deep.equal({
      name: 'PORT',
      value: '0',
      from: 'environment',
      group: 'Standalone process',
      applies: true,
    });
    expect(settings.find(({ name }) => name === 'RIAK_CALL_TIMEOUT')).to.deep.include({
      value: '2000',
      unit: 'milliseconds',
      applies: false,
    });
  });
});

describe('A command with --settings FILE', function () {
  this.timeout(60_000);
  let directory = '';
  let file = '';

  buildFirst();

  beforeEach(async () => {
    directory = await makeTempDir();
    file = join(directory, 'my.env');
  });
  afterEach(() => removeTempDir(directory));

  function run(args: readonly string[], environment: Record<string, string> = {}) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], {
      cwd: directory,
      env: { PATH: process.env['PATH'], ...environment },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  it('has the settings of the file: purge, report and list work on its DATA_DIR', () => {
    writeFileSync(file, `DATA_DIR=${join(directory, 'here')}\nLIST_MODE=allow\n`);
    expect(run(['purge', '--settings', file]).status).to.equal(0);
    expect(readdirSync(join(directory, 'here'))).to.include('shards.mdb');
    const report = run(['report', `--settings=${file}`]);
    expect([report.status, report.stderr]).to.deep.equal([0, '']);
    expect(run(['list', 'add', '0'.repeat(40), '--settings', file]).status).to.equal(0);
    expect(run(['list', 'export', '--settings', file]).stdout).to.equal(`${'0'.repeat(40)}\n`);
    expect(readdirSync(directory).sort()).to.deep.equal(['here', 'my.env']);
  });

  it('has them when it starts the tracker, but for those of the environment', async () => {
    writeFileSync(file, `PORT=abc\nHOST=127.0.0.1\nDATA_DIR=${join(directory, 'data')}\n`);
    const program = await startProgram(process.execPath, [entry, '--settings', file], {
      cwd: directory,
      env: { PATH: process.env['PATH'], PORT: '0' },
    });
    try {
      await eventually('an announce URL', 20_000, () => /http:\/\/127\.0\.0\.1:\d+\//.test(program.stdout));
    } finally {
      await program.stop();
    }
  });

  it('ends with status 2 for a value that cannot be used, and names the line', () => {
    writeFileSync(file, '# mine\nPORT=abc\n');
    for (const command of [[], ['purge'], ['front'], ['settings']]) {
      const { status, stdout, stderr } = run([...command, '--settings', file]);
      expect([status, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.equal(`PORT: got "abc", takes a whole number from 0 to 65535 (${file}:2)\n`);
    }
  });

  it('ends with status 2 for what only the command itself refuses, and names the line', () => {
    writeFileSync(file, 'OPENWHISK_API=http://a/b\n');
    const { status, stderr } = run(['front', '--settings', file]);
    expect([status, stderr.includes(`(${file}:1)`)], stderr).to.deep.equal([2, true]);
  });

  it('ends with status 2 for names and lines that are none, before any work', () => {
    writeFileSync(file, 'PROT=1\n');
    const { status, stderr } = run(['--settings', file]);
    expect([status, stderr]).to.deep.equal([
      2,
      `--settings: ${file}:1: PROT is no setting; did you mean PORT?\n`,
    ]);
    expect(run(['purge', '--settings']).stderr).to.match(
      /^error: option '--settings <FILE>' argument missing$/m,
    );
    expect(readdirSync(directory)).to.deep.equal(['my.env']);
  });

  it('warns of names in the environment that were meant as settings, and goes on', () => {
    const { status, stdout, stderr } = run(['settings', '--json'], { PROT: '7000' });
    expect(status).to.equal(0);
    expect((JSON.parse(stdout) as Listed).settings.find(({ name }) => name === 'PORT')).to.include({
      value: '6969',
    });
    expect(JSON.parse(stderr)).to.include({
      level: 'warn',
      event: 'unknown setting',
      name: 'PROT',
      meaning: 'did you mean PORT?',
    });
  });

  it('settings and its like refuse arguments that they do not know', () => {
    const { status, stderr } = run(['settings', '--jsno']);
    expect([status, stderr.split('\n')[0]]).to.deep.equal([2, "error: unknown option '--jsno'"]);
  });
});
