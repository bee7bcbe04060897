/**
 * `npm test`: everything a fresh clone needs, then every test. Arguments go to mocha: `npm test --
 * test/swarm/shard/merge.test.ts`. `npm run coverage` is the same with --coverage. With
 * REQUIRE_ALL_SUITES=1 a suite that had to be skipped is a failure.
 */
import { fileURLToPath } from 'node:url';
import { build } from './lib/build.mjs';
import { ensureInstalled } from './lib/dependencies.mjs';
import { requireNode } from './lib/node-version.mjs';
import { installPrograms } from './test/debian.mjs';
import { runTests } from './test/mocha.mjs';
import { installMinistack } from './test/ministack.mjs';
import { runNode } from './test/run-node.mjs';
import { installVersitygw } from './test/versitygw.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2);

requireNode(root);
try {
  await ensureInstalled(root, { tools: true });
  await build(root);
  installPrograms();
  installVersitygw();
  installMinistack();
  // A process of its own: what is deployed imports scripts/, so scripts/ imports none of it.
  runNode(root, ['deploy/openwhisk/wskdeploy/build.mjs']);
  const passed = await runTests(
    root,
    given.filter((argument) => argument !== '--coverage'),
    {
      coverage: given.includes('--coverage'),
      requireAllSuites: process.env['REQUIRE_ALL_SUITES'] === '1',
    },
  );
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
