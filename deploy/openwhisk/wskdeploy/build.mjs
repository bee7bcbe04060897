/**
 * Builds wskdeploy for the tests, in the version that go.mod names, if it is not there. Without Go,
 * or if that fails, the suites that need it say what they lack.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { wskdeployForTests } from './binary.mjs';

if (!existsSync(wskdeployForTests) && spawnSync('go', ['version']).error === undefined) buildWskdeploy();

function buildWskdeploy() {
  console.log('Building wskdeploy');
  const { status, stdout, stderr } = spawnSync(
    'go',
    ['build', '-trimpath', '-o', wskdeployForTests, 'github.com/apache/openwhisk-wskdeploy'],
    {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      encoding: 'utf8',
      env: { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' },
    },
  );
  if (status !== 0)
    console.error(`${stdout}${stderr}go build failed; the suites that need wskdeploy cannot run`);
}
