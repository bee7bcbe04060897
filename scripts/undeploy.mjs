/** `npm run undeploy`: removes from OpenWhisk what `npm run deploy` has put there. --env-file FILE and --preview as there. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readEnvFile, withoutEmpty } from '../deploy/env-file.mjs';
import { ensureInstalled } from './lib/dependencies.mjs';
import { requireNode } from './lib/node-version.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

requireNode(root);
try {
  const { values } = parseArgs({
    options: { 'env-file': { type: 'string' }, preview: { type: 'boolean', default: false } },
  });
  const fromFile = values['env-file'] === undefined ? {} : readEnvFile(values['env-file']);
  ensureInstalled(root, { tools: true });
  // Only now are its dependencies there.
  const { undeploy } = await import('./lib/deploy/deploy.mjs');
  await undeploy(
    root,
    { ...fromFile, ...withoutEmpty(process.env) },
    { preview: values.preview, print: console.log },
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
