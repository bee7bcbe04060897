import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { parseConfig } from '../../lib/config.js';
import { configOf, givenSettings } from '../../lib/config/given.js';
import packageJson from '../../package.json' with { type: 'json' };
import { describeWith, installed } from '../support/programs.js';
import { startProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

const standalone = new URL('../../deploy/standalone/', import.meta.url);
const unit = readFileSync(new URL('tracker.service', standalone), 'utf8');
const unitOfFront = readFileSync(new URL('tracker-front.service', standalone), 'utf8');

/** Where Debian's nodejs and NodeSource's have it. */
const node = '/usr/bin/node';

describe('The systemd services of the standalone process', () => {
  for (const [name, text, script] of [
    ['tracker', unit, packageJson.scripts.start],
    ['tracker-front', unitOfFront, packageJson.scripts.front],
  ] as const) {
    it(`start Node as npm does, with the same options, and with settings that only root can read: ${name}`, () => {
      const [, command] = /^ExecStart=(.*)$/m.exec(text) ?? [];
      const settings = ` --settings \${CREDENTIALS_DIRECTORY}/${name}.env`;
      expect(command).to.equal(script.replace(/^exec node /, `${node} `) + settings);
      expect(text).to.match(new RegExp(`^LoadCredential=${name}\\.env:/etc/${name}\\.env$`, 'm'));
    });
  }

  it('come with a settings file that the tracker takes, and that has the directory of the service', () => {
    const file = fileURLToPath(new URL('tracker.env', standalone));
    const [, directory] = /^StateDirectory=(.*)$/m.exec(unit) ?? [];
    expect(configOf(givenSettings({}, file)).dataDirectory).to.equal(`/var/lib/${directory ?? ''}`);
    const commented = readFileSync(file, 'utf8').replaceAll(/^#(?=[A-Z_]+=)/gm, '');
    const settings = Object.fromEntries(
      Array.from(commented.matchAll(/^([A-Z_]+)=(.*)$/gm), ([, name = '', value]) => [name, value]),
    );
    expect(Object.keys(settings)).to.have.length(4);
    expect(() => parseConfig(settings)).to.not.throw();
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

    for (const [name, text] of [
      ['tracker', unit],
      ['tracker-front', unitOfFront],
    ] as const)
      it(`pass systemd's own check: ${name}`, async () => {
        const file = `${directory}/${name}.service`;
        // The check wants the program to be there.
        await writeFile(file, text.replace(node, process.execPath));
        const program = await startProgram('systemd-analyze', ['verify', file]);
        expect((await program.ended).status, program.describe()).to.equal(0);
        expect(program.stdout + program.stderr).to.equal('');
      });
  });
});
