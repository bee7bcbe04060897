import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';

import { eventually } from '../support/eventually.js';
import { describeWith, type Requirement } from '../support/programs.js';
import { startProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { buildFirst, entry } from './support/entry.js';

const pseudoTerminals: Requirement = () =>
  spawnSync('script', ['--version']).status === 0 ? undefined : 'install the Debian package bsdutils';

describeWith([pseudoTerminals], 'the log of a tracker on a terminal', () => {
  let directory = '';

  buildFirst();
  before(async () => {
    directory = await makeTempDir();
  });
  after(() => removeTempDir(directory));

  /** Starts a tracker on a terminal of its own. @returns what the terminal showed until it listened */
  async function shownBy(environment: Readonly<Record<string, string>>): Promise<string> {
    const command = `exec "${process.execPath}" "${entry}"`;
    const terminal = await startProgram('script', ['-qc', command, '/dev/null'], {
      cwd: directory,
      env: {
        PATH: process.env['PATH'],
        TERM: 'xterm',
        PORT: '0',
        DATA_DIR: join(directory, 'data'),
        LOG_LEVEL: 'info',
        ...environment,
      },
    });
    try {
      const shown = () => terminal.stdout;
      await eventually(
        'a line and the URL',
        20_000,
        () => /nswering|listening/.test(shown()) && shown().includes('/announce'),
      );
      return shown();
    } finally {
      await terminal.stop();
    }
  }

  it('is for people, in colours', async () => {
    // Without the escape characters themselves.
    const shown = (await shownBy({})).replaceAll('\u001b', '^');
    expect(shown).to.match(
      /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\^\[0m \^\[32minfo \^\[0m Answering requests: port \d+, UDP port \d+\r\n/,
    );
  });

  it('has no colours with NO_COLOR', async () => {
    const shown = await shownBy({ NO_COLOR: '1' });
    expect(shown)
      .to.match(/\d\d:\d\d:\d\d info {2}Answering requests/)
      .and.not.contain('\u001b');
  });

  it('is JSON with LOG_FORMAT=json', async () => {
    expect(await shownBy({ LOG_FORMAT: 'json' })).to.match(/\{"level":"info",[^\n]*"event":"listening"/);
  });
});
