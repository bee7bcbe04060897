/** wskdeploy for the tests, built from the version that wskdeploy/go.mod names, where there is Go. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const moduleDirectory = fileURLToPath(new URL('wskdeploy', import.meta.url));

/** Where the binary is, if it is: with what npm installs, and gone with that. */
export const wskdeployForTests = fileURLToPath(
  new URL('../../node_modules/.cache/wskdeploy/wskdeploy', import.meta.url),
);

/** Builds it if it is not there. Without Go, or if that fails, the suites that need it say what they lack. */
export function installWskdeploy() {
  if (existsSync(wskdeployForTests) || spawnSync('go', ['version']).error !== undefined) return;
  console.log('Building wskdeploy');
  const { status, stdout, stderr } = spawnSync(
    'go',
    ['build', '-trimpath', '-o', wskdeployForTests, 'github.com/apache/openwhisk-wskdeploy'],
    {
      cwd: moduleDirectory,
      encoding: 'utf8',
      env: { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' },
    },
  );
  if (status !== 0)
    console.error(`${stdout}${stderr}go build failed; the suites that need wskdeploy cannot run`);
}
