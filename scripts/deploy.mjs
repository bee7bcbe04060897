/**
 * `npm run deploy`: the tracker on OpenWhisk, by the environment; see docs/openwhisk.md.
 * --env-file FILE: settings that are not in the environment; --preview: only say what would happen; --schedule: the purge's schedule too
 * (alarms package); --force: deploy even if nothing has changed.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readEnvFile, withoutEmpty } from '../deploy/env-file.mjs';
import { ensureInstalled } from './lib/dependencies.mjs';
import { requireNode } from './lib/node-version.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

requireNode(root);
try {
  const { values } = parseArgs({
    options: {
      'env-file': { type: 'string' },
      preview: { type: 'boolean', default: false },
      schedule: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
    },
  });
  const fromFile = values['env-file'] === undefined ? {} : readEnvFile(values['env-file']);
  ensureInstalled(root, { tools: true });
  // Only now are its dependencies there.
  const { deploy } = await import('./lib/deploy/deploy.mjs');
  const { preview, schedule, force } = values;
  const ok = await deploy(
    root,
    { ...fromFile, ...withoutEmpty(process.env) },
    { preview, schedule, force, print: console.log },
  );
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
