import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import { ConfigError } from '../../lib/config.js';
import { configOf, givenSettings, takeSettingsOption, withOrigin } from '../../lib/config/given.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

describe('The settings that a command is given', () => {
  let directory = '';
  let file = '';

  before(async () => {
    directory = await makeTempDir();
    file = join(directory, 'my.env');
  });
  after(() => removeTempDir(directory));

  const given = (text: string, environment: Record<string, string> = {}) => {
    writeFileSync(file, text);
    return givenSettings(environment, file);
  };

  it('are those of the environment, then those of the file, then defaults', () => {
    const settings = given('PORT=1\nHOST=::1\nMAX_CONNECTIONS=5\n', { PORT: '2', MAX_CONNECTIONS: '' });
    expect(configOf(settings)).to.include({ port: 2, host: '::1', maxConnections: 5, numwantMax: 200 });
  });

  it('say where each is from', () => {
    const settings = given('# mine\nPORT=1\nHOST=::1\n', { PORT: '2' });
    expect(settings.originOf('PORT')).to.deep.equal({ kind: 'environment' });
    expect(settings.originOf('HOST')).to.deep.equal({ kind: 'file', file, line: 3 });
  });

  it('may be in one file with those of a deployment and of the gateway', () => {
    expect(() => given('OPENWHISK_AUTH=a:b\nGATEWAY_URL=http://a\nLIMIT_RATE=5\nPORT=0\n')).to.not.throw();
  });

  it('are refused for every name in the file that is no setting, with its line and what was meant', () => {
    expect(() => given('PROT=1\nHOST=::1\nCOLOUR=blue\n')).to.throw(
      ConfigError,
      `--settings: ${file}:1: PROT is no setting; did you mean PORT?\n${file}:3: COLOUR is no setting`,
    );
  });

  it('are refused for a file that is not there, or is a directory', () => {
    expect(() => givenSettings({}, join(directory, 'none.env'))).to.throw(ConfigError, /^--settings: ENOENT/);
    expect(() => givenSettings({}, directory)).to.throw(ConfigError, /^--settings: EISDIR/);
  });

  it('that cannot be used are named with the line of the file that has them', () => {
    expect(() => configOf(given('HOST=::1\nPORT=abc\n'))).to.throw(
      ConfigError,
      `PORT: got "abc", takes a whole number from 0 to 65535 (${file}:2)`,
    );
    expect(() => configOf(given('PORT=1\n', { PORT: 'abc' }))).to.throw(ConfigError, /65535$/);
  });

  it('leave an error alone that is none of theirs', () => {
    const error = new Error('other');
    expect(withOrigin(given(''), error)).to.equal(error);
  });
});

describe('The option --settings', () => {
  it('is taken out of the arguments, wherever it stands', () => {
    for (const args of [
      ['--settings', 'a.env', 'list', 'show'],
      ['list', '--settings=a.env', 'show'],
      ['list', 'show', '--settings', 'a.env'],
    ]) {
      expect(takeSettingsOption(args), args.join(' ')).to.deep.equal({
        file: 'a.env',
        rest: ['list', 'show'],
      });
    }
  });

  it('may be missing', () => {
    expect(takeSettingsOption(['purge'])).to.deep.equal({ file: undefined, rest: ['purge'] });
  });

  it('is an argument like others behind --', () => {
    expect(takeSettingsOption(['list', '--', '--settings'])).to.deep.equal({
      file: undefined,
      rest: ['list', '--', '--settings'],
    });
  });

  it('is refused without a file, or twice', () => {
    for (const args of [['--settings'], ['--settings='], ['--settings', 'a', '--settings=b']]) {
      expect(() => takeSettingsOption(args), args.join(' ')).to.throw(ConfigError, /^--settings: /);
    }
  });
});
