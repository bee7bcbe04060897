import { execFileSync, spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { eventually } from '../support/eventually.js';
import { itAsRoot } from '../support/as-root.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dockerfile = readFileSync(join(root, 'deploy/image/Dockerfile'), 'utf8');

/** The words of an instruction in its JSON form. */
function words(instruction: string): string[] {
  const [, json] = new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(dockerfile) ?? [];
  if (json === undefined) throw new Error(`the Dockerfile has no ${instruction}`);
  return JSON.parse(json) as string[];
}

describe('the image, without Docker', function () {
  this.timeout(300_000);
  let directory: string;
  let data: string;
  /** Where the image has them. */
  let placed: (words: readonly string[]) => string[];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tracker-image-'));
    await chmod(directory, 0o755);
    data = join(directory, 'data');
    placed = (list) => list.map((word) => word.replace('/opt/tracker', join(directory, 'opt')));
    execFileSync('sh', ['deploy/image/steps.sh', 'build', join(directory, 'opt')], {
      cwd: root,
      stdio: 'pipe',
    });
  });

  after(() => rm(directory, { recursive: true, force: true }));

  it('runs the steps that are tested here, and nothing else', () => {
    const run = Array.from(dockerfile.matchAll(/^RUN (.*)$/gm), ([, command]) => command);
    expect(run).to.deep.equal([
      'sh deploy/image/steps.sh build /opt/tracker',
      'sh /opt/tracker/steps.sh prepare /data',
    ]);
  });

  it('starts Node as npm start does, as a user that is not root', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: { start: string };
    };
    const command = [...words('ENTRYPOINT'), ...words('CMD')].join(' ');
    expect(command).to.equal(
      scripts.start.replace(/^exec /, '').replace('bin/tracker.mjs', '/opt/tracker/bin/tracker'),
    );
    expect(dockerfile).to.match(/^USER 10001:10001$/m);
  });

  itAsRoot(
    'serves as its user, who owns nothing but the data, is healthy, and ends at a signal',
    async () => {
      execFileSync('sh', [join(directory, 'opt/steps.sh'), 'prepare', data]);
      expect(await stat(data)).to.include({ uid: 10_001, gid: 10_001 });
      const [node = '', ...entry] = placed([...words('ENTRYPOINT'), ...words('CMD')]);
      const environment = {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        DATA_DIR: data,
        HOST: '127.0.0.1',
      };
      const options = { uid: 10_001, gid: 10_001, cwd: data };
      const tracker = spawn(node, entry, { ...options, env: { ...environment, PORT: '0' } });
      try {
        let output = '';
        for (const stream of [tracker.stdout, tracker.stderr])
          stream.on('data', (text) => (output += String(text)));
        const [, port = ''] = await eventually(
          'an announce URL',
          30_000,
          () => /http:\/\/127\.0\.0\.1:(\d+)\/announce/.exec(output) ?? undefined,
          () => output,
        );
        const [command = '', ...args] = placed(words('HEALTHCHECK .* CMD'));
        const health = (settings: Record<string, string>): SpawnSyncReturns<string> =>
          spawnSync(command, args, { ...options, env: { ...environment, ...settings }, encoding: 'utf8' });
        expect(health({ PORT: port })).to.include({
          status: 0,
          stdout: `http://127.0.0.1:${port}/health: 200 ok\n`,
        });
        expect(health({ PORT: '1' })).to.include({ status: 1, stderr: '' });
        tracker.kill('SIGTERM');
        expect(await once(tracker, 'exit'), output).to.deep.equal([0, null]);
      } finally {
        tracker.kill('SIGKILL');
      }
    },
  );

  it('has the nginx configuration of docs/operating.md in its compose files', async () => {
    const document = await readFile(join(root, 'docs/operating.md'), 'utf8');
    expect(document).to.contain(await readFile(join(root, 'deploy/image/nginx/tracker.conf'), 'utf8'));
  });
});
