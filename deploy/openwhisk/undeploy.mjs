/** `npm run undeploy`: removes from OpenWhisk what `npm run deploy` has put there. */
import { fileURLToPath } from 'node:url';
// By its name an old Node, which has none, could not load this file and say so.
import * as util from 'node:util';
import { readEnvFile, withoutEmpty } from '../../lib/deployment/env-file.mjs';
import { ensureInstalled } from '../../scripts/lib/dependencies.mjs';
import { requireNode } from '../../scripts/lib/node-version.mjs';

const usage = `Usage: npm run undeploy [-- [--env-file FILE] [--preview]]

Removes the schedule of the purge, the tracker's actions and their package from OpenWhisk. What is in Riak stays.
It takes OPENWHISK_APIHOST, OPENWHISK_NAMESPACE and OPENWHISK_AUTH from the environment, then from FILE.

  --env-file FILE  settings that are not in the environment
  --preview        only says what would happen
`;

const root = fileURLToPath(new URL('../..', import.meta.url));

requireNode(root);
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main() {
  const { values } = util.parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      'env-file': { type: 'string' },
      preview: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const fromFile = values['env-file'] === undefined ? {} : readEnvFile(values['env-file']);
  ensureInstalled(root, { tools: true });
  // Only now are its dependencies there.
  const { undeploy } = await import('./lib/deploy.mjs');
  await undeploy(
    root,
    { ...fromFile, ...withoutEmpty(process.env) },
    { preview: values.preview, print: console.log },
  );
}
