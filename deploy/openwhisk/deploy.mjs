/** `npm run deploy`: the tracker on OpenWhisk, by the environment; see docs/openwhisk.md. */
import { fileURLToPath } from 'node:url';
// By its name an old Node, which has none, could not load this file and say so.
import * as util from 'node:util';
import { misspeltIn } from '../../lib/settings/near-misses.mjs';
import { settingsFrom } from '../../lib/settings/settings-file.mjs';
import { ensureInstalled } from '../../scripts/lib/dependencies.mjs';
import { requireNode } from '../../scripts/lib/node-version.mjs';
import { deploySettingNames } from './lib/settings.mjs';

const usage = `Usage: npm run deploy [-- [--settings FILE] [--preview] [--schedule] [--force]]

Deploys the tracker's actions to OpenWhisk, announces once, and says what it saw. Settings are environment variables,
then those of FILE; deploy/openwhisk/tracker.env has them all. Ends with status 0 if the tracker answered, else 1.

  --settings FILE  settings that are not in the environment
  --preview        only says what would happen
  --schedule       deploys the schedule of the purge, too; needs OpenWhisk's alarms package
  --force          deploys even if nothing has changed
`;

const root = fileURLToPath(new URL('../..', import.meta.url));

requireNode(root);
try {
  process.exitCode = await main();
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
      schedule: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const names = deploySettingNames(root);
  const environment = settingsFrom(values.settings ?? values['env-file'], process.env, names);
  for (const { name, meant } of misspeltIn(process.env, names, [])) {
    console.error(`${name} is no setting; did you mean ${meant}?`);
  }
  ensureInstalled(root, { tools: true });
  // Only now are its dependencies there.
  const { deploy } = await import('./lib/deploy.mjs');
  const { preview, schedule, force } = values;
  const ok = await deploy(root, environment, { preview, schedule, force, print: console.log });
  return ok ? 0 : 1;
}
