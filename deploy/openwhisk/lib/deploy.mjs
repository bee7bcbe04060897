/** Deploys the tracker, and removes it. */
import { build } from '../../../scripts/lib/build.mjs';
import { checkTrackerSettings } from './bundle-check.mjs';
import { digestOfDeployment } from './digest.mjs';
import {
  deployedDigest,
  findDeployed,
  openPlatform,
  setConcurrency,
  setDeployedDigest,
} from './platform.mjs';
import { announceOnce } from './probe.mjs';
import { secretNames, withoutSecrets } from './secrets.mjs';
import { deploymentVariable, readAccessSettings, readDeploySettings, withStore } from './settings.mjs';
import { requireWskdeploy, runWskdeploy } from './wskdeploy.mjs';

const trackerManifest = 'manifest.yaml';
const scheduleManifest = 'deploy/openwhisk/schedule.yaml';

/**
 * Deploys what is not deployed yet, and announces once.
 * @param {string} root the repository's directory
 * @param {Record<string, string | undefined>} environment
 * @param {object} options
 * @param {boolean} options.preview only says what would happen
 * @param {boolean} options.schedule the purge's triggers as well
 * @param {boolean} options.force also if nothing has changed
 * @param {(line: string) => void} options.print
 * @returns {Promise<boolean>} true if the tracker answered; for a preview, true
 * @throws {Error} for a person to read: nothing was sent if it is about the environment
 */
export async function deploy(root, environment, { preview, schedule, force, print }) {
  const withDefaults = withStore(environment);
  const settings = readDeploySettings(root, withDefaults);
  requireWskdeploy(environment);
  await build(root);
  checkTrackerSettings(root, settings.parameters);
  const digest = digestOfDeployment(root, settings);
  const named = { ...withDefaults, [deploymentVariable]: digest };
  if (preview) {
    const tool = toolOf(root, withoutSecrets(named), settings);
    print(await tool(['--preview'], trackerManifest));
    if (schedule) print(await tool(['--preview'], scheduleManifest));
    print(
      `Then announce, scrape and stats would be set to ${settings.concurrency} runs at once, and announced to once.`,
    );
    return true;
  }
  const tool = toolOf(root, named, settings);
  const platform = openPlatform(settings);
  if (!force && (await deployedDigest(platform)) === digest) {
    print('The tracker is deployed as it is here: nothing to change.');
  } else {
    await tool([], trackerManifest);
    await setConcurrency(platform, settings.concurrency);
    await setDeployedDigest(platform, digest);
    print(
      `Deployed announce, scrape, stats and purge to ${settings.namespace}/tracker on ${settings.apiHost}.`,
    );
  }
  if (schedule) await deploySchedule(platform, tool, { force, print });
  else if (!(await findDeployed(platform)).schedule) print(notScheduled);
  const { ok, lines } = await announceOnce({ ...settings, digest });
  for (const line of lines) print(line);
  return ok;
}

/**
 * @param {Platform} platform
 * @param {Tool} tool
 * @param {{ force: boolean, print: (line: string) => void }} options
 */
async function deploySchedule(platform, tool, { force, print }) {
  const found = await findDeployed(platform);
  if (found.schedule && !force) {
    print('The schedule is there: nothing to change.');
    return;
  }
  try {
    await tool([], scheduleManifest);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${scheduleFailed}`, { cause: error });
  }
  print('Deployed the schedule of the purge.');
}

const notScheduled =
  'OpenWhisk starts no purges: deploy with --schedule, or start them by a timer (docs/openwhisk.md, step 4).';

const scheduleFailed =
  'The tracker is deployed, but nothing starts its purges. A 403 of /whisk.system/alarms means that this OpenWhisk has no\n' +
  'alarms package: deploy without --schedule, and start the purges by a timer (docs/openwhisk.md, step 4).';

/**
 * Removes the actions, their package and the schedule. What is in the store stays.
 * @param {string} root the repository's directory
 * @param {Record<string, string | undefined>} environment
 * @param {{ preview: boolean, print: (line: string) => void }} options
 * @throws {Error} for a person to read
 */
export async function undeploy(root, environment, { preview, print }) {
  const access = readAccessSettings(environment);
  requireWskdeploy(environment);
  // wskdeploy wants the files of what it removes.
  await build(root);
  const tool = toolOf(root, withoutSecrets(environment), access);
  const found = await findDeployed(openPlatform(access));
  // First what invokes.
  const manifests = [
    ...(found.schedule ? [scheduleManifest] : []),
    ...(found.tracker ? [trackerManifest] : []),
  ];
  if (manifests.length === 0) print('Nothing is deployed.');
  for (const manifest of manifests) {
    const output = await tool(preview ? ['undeploy', '--preview'] : ['undeploy'], manifest);
    print(preview ? output : `Removed what ${manifest} deployed.`);
  }
}

/**
 * wskdeploy for one account and environment.
 * @typedef {(args: readonly string[], manifest: string) => Promise<string>} Tool
 * @typedef {ReturnType<typeof openPlatform>} Platform
 */

/**
 * @param {string} root
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {import('./settings.mjs').Access} access
 * @returns {Tool}
 */
function toolOf(root, environment, access) {
  const secrets = secretNames.map((name) => environment[name] ?? '');
  return (args, manifest) => runWskdeploy(root, args, { manifest, access, environment, secrets });
}
