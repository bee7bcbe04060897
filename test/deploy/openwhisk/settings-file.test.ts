import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { run } from './support/deployment.js';

describe('npm run deploy, by a settings file,', () => {
  let directory = '';
  let file = '';

  beforeEach(async () => {
    directory = await makeTempDir();
    file = join(directory, 'my.env');
  });
  afterEach(() => removeTempDir(directory));

  it('refuses a name that is nearly a setting, and a line that is none, with its number', async () => {
    writeFileSync(file, '# mine\nRIAK_NODE=127.0.0.1:8087\nPORT=1\n');
    expect(await run('deploy', {}, ['--settings', file])).to.deep.equal({
      status: 2,
      stdout: '',
      stderr: `${file}:2: RIAK_NODE is no setting; did you mean RIAK_NODES?\n`,
    });
    writeFileSync(file, 'RIAK_NODES: 127.0.0.1:8087\n');
    expect((await run('deploy', {}, ['--settings', file])).stderr).to.equal(`${file}:1: not NAME=value\n`);
  });

  it('takes it by the name that the option had before, too', async () => {
    writeFileSync(file, 'RIAK_NODES=a b\n');
    const { stderr } = await run('deploy', {}, ['--env-file', file]);
    expect(stderr)
      .to.match(/^OPENWHISK_APIHOST: is missing/)
      .and.not.contain('RIAK_NODES');
  });

  it('warns of a name in the environment that was meant as a setting', async () => {
    const { stderr } = await run('deploy', { RIAK_NODE: 'a:1' });
    expect(stderr).to.match(/^RIAK_NODE is no setting; did you mean RIAK_NODES\?\n/);
  });
});
