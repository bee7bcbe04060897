import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import { examinations } from '../../lib/doctor/examinations.js';
import { deploymentOf } from '../../lib/doctor/deployment.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { runDoctor } from './run-doctor.js';

const platform = {
  OPENWHISK_APIHOST: 'https://openwhisk.example',
  OPENWHISK_NAMESPACE: 'guest',
  TRACKER_SECRET: '0123456789abcdef-',
  RIAK_NODES: '10.0.0.1:8087',
};

describe('What the doctor examines', () => {
  it('is the store only, unless an OpenWhisk or a gateway is named', () => {
    const deployment = deploymentOf({
      OPENWHISK_NAMESPACE: 'guest',
      TRACKER_SECRET: 'x',
      OPENWHISK_APIHOST: '',
    });
    expect([deployment.platform, deployment.gateway, deployment.config.storeName]).to.deep.equal([
      undefined,
      undefined,
      'lmdb',
    ]);
    expect(examinations(deployment)).to.have.length(1);
  });

  it('is Riak, the actions and their limits with the settings of a deployment', () => {
    const deployment = deploymentOf(platform);
    expect(deployment.config.storeName).to.equal('riak');
    expect(deployment.platform).to.deep.equal({
      apiHost: 'https://openwhisk.example',
      namespace: 'guest',
      secret: '0123456789abcdef-',
      auth: undefined,
      concurrency: undefined,
      burst: 130,
    });
    expect(examinations(deployment)).to.have.length(3);
  });

  it('takes the key, the concurrency and the size of the burst if they are given', () => {
    const settings = { OPENWHISK_AUTH: 'uuid:key', ACTION_CONCURRENCY: '64', DOCTOR_BURST: '0' };
    expect(deploymentOf({ ...platform, ...settings }).platform).to.include({
      auth: 'uuid:key',
      concurrency: 64,
      burst: 0,
    });
  });

  it('is also the gateway, alone or with the rest', () => {
    expect(deploymentOf({ GATEWAY_URL: 'http://tracker.example/' }).gateway).to.equal(
      'http://tracker.example',
    );
    expect(examinations(deploymentOf({ ...platform, GATEWAY_URL: 'http://tracker.example' }))).to.have.length(
      4,
    );
  });

  const unusable: [name: string, value: string, message: string][] = [
    ['OPENWHISK_APIHOST', 'openwhisk.example', 'OPENWHISK_APIHOST: got "openwhisk.example", takes the URL'],
    ['OPENWHISK_NAMESPACE', '', 'OPENWHISK_NAMESPACE: is missing'],
    ['OPENWHISK_AUTH', 'no-key', 'OPENWHISK_AUTH: got a value that is not shown'],
    ['TRACKER_SECRET', 'short', 'TRACKER_SECRET: got a value that is not shown'],
    ['ACTION_CONCURRENCY', '0', 'ACTION_CONCURRENCY: got "0", takes runs at once'],
    ['DOCTOR_BURST', '5001', 'DOCTOR_BURST: got "5001", takes a whole number from 0 to 5000'],
    ['GATEWAY_URL', 'http://tracker.example/announce', 'GATEWAY_URL: got "http://tracker.example/announce"'],
    ['RIAK_NODES', 'no port', 'RIAK_NODES: got "no port"'],
  ];
  for (const [name, value, message] of unusable) {
    it(`is refused with status 2 for a ${name} that cannot be used`, async () => {
      const { status, output } = await runDoctor({ ...platform, [name]: value });
      expect(status).to.equal(2);
      expect(output)
        .to.include(message)
        .and.match(/^[^\n]*\n$/);
    });
  }

  describe('by a file of settings', () => {
    let directory: string;

    beforeEach(async () => {
      directory = await makeTempDir();
    });
    afterEach(() => removeTempDir(directory));

    it('is what the file says, but for what the environment says', async () => {
      const file = join(directory, 'my.env');
      writeFileSync(file, `# mine\nDATA_DIR=/nowhere\nDURABILITY=commit\n`);
      const { status, output } = await runDoctor({ DATA_DIR: directory, DURABILITY: '' }, [
        '--settings',
        file,
      ]);
      expect([status, output.includes(directory)], output).to.deep.equal([0, true]);
      expect(output).to.include('a write, not flushed to the disk');
    });

    it('is refused with status 2 for a name that is no setting, and says which was meant', async () => {
      const file = join(directory, 'my.env');
      writeFileSync(file, 'GATEWAY_ULR=http://a\n');
      expect(await runDoctor({}, ['--settings', file])).to.deep.equal({
        status: 2,
        output: `--settings: ${file}:1: GATEWAY_ULR is no setting; did you mean GATEWAY_URL?\n`,
      });
    });

    it('names the line of a value that cannot be used', async () => {
      const file = join(directory, 'my.env');
      writeFileSync(file, '\nDURABILITY=none\n');
      const { status, output } = await runDoctor({}, ['--settings', file]);
      expect([status, output.endsWith(`(${file}:2)\n`)], output).to.deep.equal([2, true]);
    });

    it('warns of names in the environment that were meant as settings', async () => {
      const { output } = await runDoctor({ DATA_DIR: directory, DURABILTY: 'commit' });
      expect(output).to.match(/^warning setting DURABILTY: no setting has this name\n.*DURABILITY\?/);
    });

    it('is refused with status 2 if there is no such file', async () => {
      const { status, output } = await runDoctor({}, ['--settings', join(directory, 'none.env')]);
      expect(status).to.equal(2);
      expect(output).to.match(/^--settings: ENOENT/);
    });
  });
});
