import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '../support/eventually.js';
import { startProgram } from '../support/running-program.js';
import { startTracker } from '../support/tracker-process.js';
import { commandIn } from './support/command.js';
import { entry } from './support/entry.js';

describe('npm run client', function () {
  this.timeout(120_000);
  const { run: client, directory } = commandIn('client');

  it('changes and shows the list', async () => {
    expect((await client(['show'])).stdout).to.match(/^there is no list yet/);
    expect((await client(['add', '-TR2', '-UT'])).stdout).to.equal(
      '2 added: the list has 2 prefixes (revision 1)\n',
    );
    expect((await client(['remove', '-UT', '-XX'])).stdout).to.match(/^1 removed: the list has 1 prefix /);
    const has = await client(['has', '-TR2940-', '-UT']);
    expect([has.status, has.stdout]).to.deep.equal([1, '-TR2940- is on the list\n-UT is not on the list\n']);
    await writeFile(join(directory(), 'file'), '# two\n-qB4 comment\nT03I\n');
    expect((await client(['import', 'file'])).stdout).to.match(/^2 imported in the place of 1: /);
    expect(await client(['export'])).to.deep.equal({ status: 0, stdout: '-qB4\nT03I\n', stderr: '' });
    await writeFile(join(directory(), 'wrong'), `-qB4\n${'x'.repeat(21)}\n`);
    const wrong = await client(['import', 'wrong']);
    expect([wrong.status, wrong.stdout]).to.deep.equal([2, '']);
    expect(wrong.stderr).to.match(/^line 2: takes the beginning of a peer id[^\n]*\n$/);
  });

  it('has what it changes in force at once in the tracker that runs on the embedded store', async () => {
    const tracker = await startTracker({ CLIENT_MODE: 'deny' });
    const settings = { DATA_DIR: tracker.dataDirectory };
    const announce = async (peerId: string): Promise<string> => {
      const query = `info_hash=${'%aa'.repeat(20)}&peer_id=${peerId}&port=6881&left=1`;
      return (await fetch(`${tracker.announceUrl()}?${query}`)).text();
    };
    try {
      expect(await announce('-TR2940-abcdefghijkl')).to.contain('8:interval');
      await client(['add', '-TR2'], settings);
      expect(await announce('-TR2940-abcdefghijkl')).to.contain(
        'this tracker does not serve Transmission 2.9.4 (-TR2940-)8:retry in5:never',
      );
      expect(await announce('-TR4050-abcdefghijkl')).to.contain('8:interval');
    } finally {
      await tracker.dispose();
    }
  });

  it('in a file is read again at a SIGHUP, stays as it was if a line is wrong, and is not changed by commands', async () => {
    const path = join(directory(), 'clients');
    await writeFile(path, '-TR2\n');
    const settings = { CLIENT_MODE: 'deny', CLIENT_FILE: path, LIST_SECONDS: '3600' };
    const tracker = await startTracker(settings);
    const isServed = async (peerId: string): Promise<boolean> => {
      const query = `info_hash=${'%aa'.repeat(20)}&peer_id=${peerId}-abcdefghijkl&port=6881&left=1`;
      return (await (await fetch(`${tracker.announceUrl()}?${query}`)).text()).includes('8:interval');
    };
    try {
      expect([await isServed('-TR2940'), await isServed('-UT2210')]).to.deep.equal([false, true]);
      await writeFile(path, '# others now\n-UT\n');
      process.kill(tracker.pid, 'SIGHUP');
      await eventually('the new list', 10_000, () => isServed('-TR2940'));
      expect(await isServed('-UT2210')).to.equal(false);
      await writeFile(path, `-qB\n${'x'.repeat(21)}\n`);
      process.kill(tracker.pid, 'SIGHUP');
      await eventually('the wrong line', 10_000, () => tracker.program.stderr.includes('line 2'));
      expect([await isServed('-UT2210'), await isServed('-qB4630')]).to.deep.equal([false, true]);
      const added = await client(['add', '-qB'], { ...settings, DATA_DIR: tracker.dataDirectory });
      expect([added.status, added.stderr]).to.deep.equal([
        2,
        `the list is in ${path} (CLIENT_FILE): change it there\n`,
      ]);
    } finally {
      await tracker.dispose();
    }
  });

  it('in a file that is wrong lets no tracker start, and the line is named', async () => {
    await writeFile(join(directory(), 'file'), `-TR2\n${'x'.repeat(21)}\n`);
    const program = await startProgram(process.execPath, [entry], {
      cwd: directory(),
      env: {
        PATH: process.env['PATH'],
        DATA_DIR: join(directory(), 'data'),
        PORT: '0',
        LOG_LEVEL: 'silent',
        CLIENT_MODE: 'allow',
        CLIENT_FILE: 'file',
      },
    });
    const { status } = await program.ended;
    expect([status, program.stdout]).to.deep.equal([2, '']);
    expect(program.stderr).to.match(/^CLIENT_FILE .*file: line 2: takes the beginning of a peer id/);
  });
});
