import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';

import { readSettingsFile, settingsFrom } from '../../lib/settings/settings-file.mjs';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

describe('A settings file', () => {
  let directory = '';
  let file = '';

  before(async () => {
    directory = await makeTempDir();
    file = join(directory, 'my.env');
  });
  after(() => removeTempDir(directory));

  function read(text: string): Record<string, { value: string; line: number }> {
    writeFileSync(file, text);
    return Object.fromEntries(readSettingsFile(file));
  }

  function refusal(text: string): string {
    try {
      read(text);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('nothing was refused');
  }

  it('has one NAME=value a line, blank lines, and comments; and knows the line of each', () => {
    expect(read('# mine\nPORT=7000\n\n  HOST=::1  \nSTORE=\n')).to.deep.equal({
      PORT: { value: '7000', line: 2 },
      HOST: { value: '::1', line: 4 },
      STORE: { value: '', line: 5 },
    });
  });

  it('may have the line ends and the mark at its beginning that Windows writes', () => {
    expect(read('\uFEFFPORT=7000\r\nHOST=::1\r\n')).to.deep.equal({
      PORT: { value: '7000', line: 1 },
      HOST: { value: '::1', line: 2 },
    });
  });

  it('keeps what stands behind the first =, as it is', () => {
    expect(read('RIAK_PASSWORD=a=b #c $d\n')['RIAK_PASSWORD']?.value).to.equal('a=b #c $d');
  });

  it('has the last value of a name that comes twice, as Docker and systemd read it', () => {
    expect(read('PORT=1\nPORT=2\n')['PORT']).to.deep.equal({ value: '2', line: 2 });
  });

  it('is refused with the number of each line that is none', () => {
    expect(refusal('PORT=1\nPORT 2\nexport HOST=::1\n=3\n7UP=1\nA-B=1\n')).to.equal(
      [2, 3, 4, 5, 6].map((line) => `${file}:${line}: not NAME=value`).join('\n'),
    );
  });

  it('is refused with quotes around a value, which Docker and systemd read differently', () => {
    expect(refusal('HOST="::1"\nDATA_DIR=\'/a b\'\n')).to.equal(
      `${file}:1: HOST takes its value without quotes\n${file}:2: DATA_DIR takes its value without quotes`,
    );
    expect(read('A="b\n')['A']?.value).to.equal('"b');
  });

  it('never shows a value in a refusal, as it may be a secret', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[qxz]{8,}$/), (secret) => {
        expect(refusal(`TRACKER_SECRET = ${secret}x\n`)).to.not.contain(secret);
        expect(refusal(`TRACKER_SECRET="${secret}"\n`)).to.not.contain(secret);
      }),
    );
  });

  it('gives back every value that has no blanks at its ends', () => {
    const value = fc.stringMatching(/^[^\s"'](?:[^\r\n\v\f\u2028\u2029]*[^\s"'])?$/);
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,9}$/), value), (settings) => {
        const text = Object.entries(settings).map(([name, each]) => `${name}=${each}\n`);
        const found = Object.entries(read(text.join(''))).map(([name, setting]) => [name, setting.value]);
        expect(Object.fromEntries(found)).to.deep.equal(Object.fromEntries(Object.entries(settings)));
      }),
    );
  });

  describe('of a command that also takes those of others', () => {
    const known = ['PORT', 'RIAK_NODES'];
    const from = (text: string, environment: Record<string, string> = {}) => {
      writeFileSync(file, text);
      return settingsFrom(file, environment, known);
    };

    it('counts where the environment has nothing, or nothing but an empty value', () => {
      expect(from('PORT=1\nRIAK_NODES=a:1\n', { PORT: '2', RIAK_NODES: '' })).to.deep.equal({
        PORT: '2',
        RIAK_NODES: 'a:1',
      });
    });

    it('is refused with a name that is nearly one of its own, and says which', () => {
      expect(() => from('ELSE=1\nRIAK_NODE=a:1\n')).to.throw(
        `${file}:2: RIAK_NODE is no setting; did you mean RIAK_NODES?`,
      );
    });

    it('leaves other names alone', () => {
      expect(from('ELSE=1\n')).to.deep.equal({ ELSE: '1' });
    });

    it('is looked for from where npm was called', () => {
      writeFileSync(file, 'PORT=1\n');
      expect(settingsFrom('my.env', { INIT_CWD: directory }, known)).to.include({ PORT: '1' });
      expect(() => settingsFrom('my.env', {}, known)).to.throw(/ENOENT/);
    });

    it('may be missing', () => {
      expect(settingsFrom(undefined, { PORT: '', HOST: '::1' }, known)).to.deep.equal({ HOST: '::1' });
    });
  });
});
