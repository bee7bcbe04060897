import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ConfigError, parseConfig, type Config } from '../../lib/config.js';
import { SettingsReload, type ChangeableSettings } from '../../lib/standalone/reload-settings.js';
import { eventually } from '../support/eventually.js';
import { exchange } from '../support/raw-http.js';
import { RecordingLog } from '../support/recording-log.js';
import { rejectionOf } from '../support/rejection.js';
import { startProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { buildFirst, entry } from './support/entry.js';
import { request } from './support/server.js';

describe('settings that are read again', () => {
  function subject(first: Record<string, string>) {
    const log = new RecordingLog();
    const applied: ChangeableSettings[] = [];
    const given = { now: first };
    const reload = new SettingsReload(parseConfig(first), {
      read: (): Config => parseConfig(given.now),
      apply: (settings) => applied.push(settings),
      log,
    });
    return { log, applied, given, reload };
  }

  it('are taken over where that is possible, once', async () => {
    const { log, applied, given, reload } = subject({ ADDRESS_RATE: '5' });
    given.now = { ADDRESS_RATE: '7', LOG_LEVEL: 'debug' };
    await reload.reload();
    await reload.reload();
    expect(applied.map(({ addressRate, logLevel }) => [addressRate, logLevel])).to.deep.equal([[7, 'debug']]);
    expect(log.lines).to.deep.equal([]);
    given.now = {};
    await reload.reload();
    expect(applied.at(-1)).to.include({ addressRate: 1000, logLevel: 'warn' });
  });

  it('are named where a restart is needed, without their values, each time until then', async () => {
    const { log, applied, given, reload } = subject({});
    given.now = { METRICS_TOKEN: 'a-secret-of-the-operator', TRUSTED_PROXIES: '192.0.2.0/24' };
    await reload.reload();
    await reload.reload();
    const line = {
      level: 'warn',
      event: 'settings need a restart',
      fields: { settings: ['TRUSTED_PROXIES', 'METRICS_TOKEN'] },
    };
    expect(log.lines).to.deep.equal([line, line]);
    expect(applied).to.deep.equal([]);
  });

  it('stay as they were if one of them cannot be used', async () => {
    const { applied, given, reload } = subject({});
    given.now = { ADDRESS_RATE: '7', PORT: 'x' };
    expect(await rejectionOf(reload.reload()))
      .to.be.instanceOf(ConfigError)
      .with.property('message')
      .that.matches(/^PORT: got "x"/);
    expect(applied).to.deep.equal([]);
  });
});

describe('A tracker with --settings FILE, at a SIGHUP,', function () {
  this.timeout(60_000);
  let directory = '';

  buildFirst();
  beforeEach(async () => (directory = await makeTempDir()));
  afterEach(() => removeTempDir(directory));

  it('takes the changed rate of an address and the level of the log, and names the line that it cannot use', async () => {
    const file = join(directory, 'my.env');
    const always = `PORT=0\nHOST=127.0.0.1\nDATA_DIR=${join(directory, 'data')}\n`;
    await writeFile(file, always);
    const program = await startProgram(process.execPath, [entry, '--settings', file], {
      cwd: directory,
      env: { PATH: process.env['PATH'] },
    });
    try {
      await eventually('an announce URL', 20_000, () => /http:\/\/127\.0\.0\.1:\d+\//.test(program.stdout));
      const port = Number(/http:\/\/127\.0\.0\.1:(\d+)\//.exec(program.stdout)?.[1]);
      const scrape = `GET /scrape?info_hash=${'%aa'.repeat(20)}`;
      const isServed = async (): Promise<boolean> =>
        (await exchange(port, request(scrape), '127.0.0.2')).includes('5:files');
      for (let i = 0; i < 5; i++) expect(await isServed()).to.equal(true);

      await writeFile(file, `${always}ADDRESS_RATE=1\nADDRESS_BURST=1\nLOG_LEVEL=info\nHOST=::\n`);
      process.kill(program.pid, 'SIGHUP');
      await eventually('the new level', 10_000, () =>
        program.stderr.includes('"reloaded","what":"settings"'),
      );
      expect(program.stderr).to.match(/"settings need a restart","settings":\["HOST"\]/);
      await isServed();
      expect(await isServed()).to.equal(false);

      await writeFile(file, `${always}ADDRESS_RATE=0\nLOG_LEVEL=shout\n`);
      process.kill(program.pid, 'SIGHUP');
      await eventually('the wrong line', 10_000, () => program.stderr.includes(`(${file}:5)`));
      await isServed();
      expect(await isServed()).to.equal(false);
    } finally {
      await program.stop();
    }
  });
});
