/** `npm run undeploy`: removes from OpenWhisk what `npm run deploy` has put there. */
import { fileURLToPath } from 'node:url';
// By its name an old Node, which has none, could not load this file and say so.
import * as util from 'node:util';
import { settingsFrom } from '../../lib/settings/settings-file.mjs';
import { ensureInstalled } from '../../scripts/lib/dependencies.mjs';
import { requireNode } from '../../scripts/lib/node-version.mjs';
import { deploySettingNames } from './lib/settings.mjs';

const usage = `Usage: npm run undeploy [-- [--settings FILE] [--preview]]

Removes the schedule of the purge, the tracker's actions and their package from OpenWhisk. What is in Riak stays.
It takes OPENWHISK_APIHOST, OPENWHISK_NAMESPACE and OPENWHISK_AUTH from the environment, then from FILE.

  --settings FILE  settings that are not in the environment
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
      settings: { type: 'string' },
      // Its name before.
      'env-file': { type: 'string' },
      preview: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const environment = settingsFrom(
    values.settings ?? values['env-file'],
    process.env,
    deploySettingNames(root),
  );
  ensureInstalled(root, { tools: true });
  // Only now are its dependencies there.
  const { undeploy } = await import('./lib/deploy.mjs');
  await undeploy(root, environment, { preview: values.preview, print: console.log });
}
