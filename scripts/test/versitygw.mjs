/**
 * versitygw, a server for S3, built for the tests from the version that versitygw/go.mod names,
 * where there is Go.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from './cache.mjs';

const moduleDirectory = fileURLToPath(new URL('versitygw', import.meta.url));
const [, version = ''] = /versitygw (v\S+)/.exec(readFileSync(join(moduleDirectory, 'go.mod'), 'utf8')) ?? [];

/** Where the binary is, if it is. */
export const versitygwForTests = join(cacheDirectory(`versitygw-${version}`), 'versitygw');

/**
 * Builds it if it is not there. Without Go, or if that fails, the suites that need it say what they
 * lack.
 */
export function installVersitygw() {
  if (existsSync(versitygwForTests) || spawnSync('go', ['version']).error !== undefined) return;
  console.log('Building versitygw');
  const { status, stdout, stderr } = spawnSync(
    'go',
    [
      ...['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w'],
      ...['-o', versitygwForTests, 'github.com/versity/versitygw/cmd/versitygw'],
    ],
    {
      cwd: moduleDirectory,
      encoding: 'utf8',
      env: { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' },
    },
  );
  if (status !== 0)
    console.error(`${stdout}${stderr}go build failed; the suites that need versitygw cannot run`);
}
