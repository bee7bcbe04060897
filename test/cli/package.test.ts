import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import packageJson from '../../package.json' with { type: 'json' };
import { environmentFor } from '../deploy/openwhisk/support/deployment.js';
import { wskdeployBuilt } from '../deploy/openwhisk/support/wskdeploy.js';
import { startOpenWhiskDouble } from '../openwhisk-double/double.js';
import { startRiakDouble } from '../riak-double/double.js';
import { trackerTypes } from '../riak-double/tracker-types.js';
import { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { describeWith } from '../support/programs.js';
import { startProgram, type ProgramExit } from '../support/running-program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Outcome {
  readonly exit: ProgramExit;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the package', function () {
  // It may have to be built, and npm asks its registry.
  this.timeout(300_000);

  const atEnd = new Cleanup();
  let directory: string;
  let tarball: string;
  /** Only what a machine with Node has: no compiler, no Git. */
  let path: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tracker-package-'));
    execFileSync('npm', ['run', '--silent', 'pack', '--', '--silent', '--pack-destination', directory], {
      cwd: root,
    });
    tarball = join(directory, `${packageJson.name}-${packageJson.version}.tgz`);
    path = join(directory, 'path');
    await mkdir(path);
    const npm = await realpath(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim());
    await symlink(process.execPath, join(path, 'node'));
    await symlink(npm, join(path, 'npm'));
    await symlink(join(dirname(npm), 'npx-cli.js'), join(path, 'npx'));
    await symlink('/bin/sh', join(path, 'sh'));
    const installed = await run('npm', [
      'install',
      '--global',
      '--prefix',
      directory,
      '--prefer-offline',
      tarball,
    ]);
    expect(installed.exit.status, installed.stdout + installed.stderr).to.equal(0);
  });

  after(() => rm(directory, { recursive: true, force: true }));

  afterEach(() => atEnd.run());

  async function run(
    command: string,
    args: readonly string[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const program = await startProgram(command.includes('/') ? command : join(path, command), args, {
      cwd: directory,
      env: { HOME: process.env['HOME'], ...settings, PATH: path },
    });
    const exit = await program.ended;
    return { exit, stdout: program.stdout, stderr: program.stderr };
  }

  const tracker = (): string => join(directory, 'bin/tracker');

  it('has bundles, documents and what deploys, and neither sources nor tests', () => {
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    expect(files).to.include.members([
      'package/dist/standalone/main.cjs',
      'package/dist/actions/announce.js',
      'package/dist/THIRD-PARTY-LICENSES.txt',
      'package/deploy/nginx/templates/tracker.conf.template',
      'package/docs/openwhisk.md',
      'package/LICENSE',
    ]);
    for (const file of files)
      expect(file).to.not.match(/(?<!tools)\.(ts|go)$|^package\/(test|bench|node_modules)\//);
  });

  it('installs without a compiler, and brings nothing that only developers need', async () => {
    const modules = join(directory, 'lib/node_modules', packageJson.name, 'node_modules');
    const names = await readdir(modules);
    expect(names).to.include.members(Object.keys(packageJson.dependencies));
    for (const name of Object.keys(packageJson.devDependencies)) expect(names).to.not.include(name);
    const { exit, stdout } = await run(tracker(), ['--version']);
    expect([exit.status, stdout]).to.deep.equal([0, `${packageJson.version}\n`]);
  });

  it('runs a tracker that its own commands can ask, from any directory, and a signal ends it', async () => {
    const program = await startProgram(tracker(), ['start'], {
      cwd: directory,
      env: { PATH: path, PORT: '0', HOST: '127.0.0.1' },
    });
    atEnd.add(() => program.kill9());
    const [, port = ''] = await eventually(
      'an announce URL',
      30_000,
      () => /udp:\/\/127\.0\.0\.1:(\d+)/.exec(program.stdout) ?? undefined,
      () => program.describe(),
    );
    for (const scheme of ['http', 'udp']) {
      const url = `${scheme}://127.0.0.1:${port}/announce`;
      const { exit, stdout, stderr } = await run(tracker(), ['announce', '--scrape', url]);
      expect(exit.status, stdout + stderr).to.equal(0);
    }
    const purged = await run(tracker(), ['purge']);
    expect(purged.exit.status, purged.stderr).to.equal(0);
    const doctor = await run(tracker(), ['doctor']);
    expect(doctor.exit.status, doctor.stdout).to.equal(0);
    process.kill(program.pid, 'SIGTERM');
    expect(await program.ended, program.describe()).to.deep.equal({ status: 0, signal: undefined });
  });

  it('runs by npx, without being installed', async () => {
    const args = ['--yes', '--prefer-offline', '--package', tarball, '--', 'tracker', '--version'];
    const { exit, stdout, stderr } = await run('npx', args);
    expect([exit.status, stdout], stderr).to.deep.equal([0, `${packageJson.version}\n`]);
  });

  it('says what a deployment to OpenWhisk needs besides', async () => {
    const settings = {
      OPENWHISK_APIHOST: 'http://127.0.0.1:1',
      OPENWHISK_AUTH: 'uuid:key',
      OPENWHISK_NAMESPACE: 'guest',
      TRACKER_SECRET: 'the-secret-of-the-tests_0123456789',
      RIAK_NODES: '127.0.0.1:8087',
    };
    const { exit, stdout, stderr } = await run(tracker(), ['deploy'], settings);
    expect([exit.status, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.match(/^there is no wskdeploy: install wskdeploy [^\n]*\n$/);
  });

  describeWith([wskdeployBuilt], 'with wskdeploy', () => {
    it('deploys its bundles to OpenWhisk, and removes them', async () => {
      const riak = await startRiakDouble({ types: trackerTypes });
      atEnd.add(() => riak.close());
      const platform = await startOpenWhiskDouble();
      atEnd.add(() => platform.close());
      const environment = environmentFor(platform, riak.addresses);
      const { exit, stdout, stderr } = await run(tracker(), ['deploy'], environment);
      expect(exit.status, stdout + stderr).to.equal(0);
      expect(stdout).to.match(/the tracker answered\n$/);
      const removed = await run(tracker(), ['undeploy'], environment);
      expect(removed.exit.status, removed.stdout + removed.stderr).to.equal(0);
    });
  });
});
