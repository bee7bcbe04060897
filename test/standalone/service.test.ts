import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';

import { parseConfig } from '../../lib/config.js';
import packageJson from '../../package.json' with { type: 'json' };
import { describeWith, installed } from '../support/programs.js';
import { startProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

const unit = readFileSync(new URL('../../deploy/standalone/tracker.service', import.meta.url), 'utf8');

/** Where Debian's nodejs and NodeSource's have it. */
const node = '/usr/bin/node';

describe('The systemd service of the standalone process', () => {
  it('starts Node as npm start does, with the same options', () => {
    const [, command] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
    expect(command).to.equal(packageJson.scripts.start.replace(/^exec node /, `${node} `));
  });

  it('may have more files open than it takes connections by default', () => {
    const [, limit] = /^LimitNOFILE=(\d+)$/m.exec(unit) ?? [];
    expect(Number(limit)).to.be.above(parseConfig({}).maxConnections);
  });

  describeWith([installed('systemd-analyze')], 'to systemd', () => {
    let directory: string;

    beforeEach(async () => {
      directory = await makeTempDir();
    });

    afterEach(() => removeTempDir(directory));

    it("passes systemd's own check", async () => {
      const file = `${directory}/tracker.service`;
      // The check wants the program to be there.
      await writeFile(file, unit.replace(node, process.execPath));
      const program = await startProgram('systemd-analyze', ['verify', file]);
      expect((await program.ended).status, program.describe()).to.equal(0);
      expect(program.stdout + program.stderr).to.equal('');
    });
  });
});
