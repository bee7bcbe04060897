/** What is deployed, over OpenWhisk's REST API. */
import openwhisk from 'openwhisk';

const packageName = 'tracker';
const webActions = ['announce', 'scrape'];

/** What schedule.yaml names. */
const schedule = { trigger: 'tracker-purge-interval', rule: 'tracker-purge-rule' };

/** On the package: the digest of what was deployed, set when all of it was. */
const annotation = 'deployment';

/** @param {{ apiHost: string, auth: string, namespace: string }} access */
export function openPlatform({ apiHost, auth, namespace }) {
  return openwhisk({ apihost: apiHost, api_key: auth, namespace });
}

/** @returns {Promise<string | undefined>} the digest of the last deployment that was finished; undefined if there is none, or nothing at all */
export async function deployedDigest(platform) {
  const found = await orUndefined(platform.packages.get({ name: packageName }));
  if (found === undefined) return undefined;
  const names = found.actions.map(({ name }) => name);
  if (![...webActions, 'purge'].every((name) => names.includes(name))) return undefined;
  return found.annotations.find(({ key }) => key === annotation)?.value;
}

/** Marks a deployment as finished. */
export async function setDeployedDigest(platform, digest) {
  const found = await platform.packages.get({ name: packageName });
  const others = found.annotations.filter(({ key }) => key !== annotation);
  await platform.packages.update({
    name: packageName,
    package: { annotations: [...others, { key: annotation, value: digest }] },
  });
}

/**
 * How many runs one container may do at once. wskdeploy cannot say it.
 * @throws {Error} if the platform does not allow as many
 */
export async function setConcurrency(platform, concurrency) {
  for (const action of webActions) {
    const name = `${packageName}/${action}`;
    const { limits } = await platform.actions.get({ name, code: false });
    if (limits.concurrency === concurrency) continue;
    try {
      await platform.actions.update({ name, limits: { ...limits, concurrency } });
    } catch (error) {
      throw new Error(
        `ACTION_CONCURRENCY: the platform does not take ${concurrency}: ${error.error?.error ?? error.message}\n` +
          'Its operator has to allow it (CONFIG_whisk_concurrencyLimit_max, see deploy/openwhisk/platform.env).',
        { cause: error },
      );
    }
  }
}

/** @returns {Promise<{ tracker: boolean, schedule: boolean }>} what there is to remove */
export async function findDeployed(platform) {
  const found = await orUndefined(platform.packages.get({ name: packageName }));
  // Each by its name: a list is a page of the newest, of which there may be more.
  const trigger = await orUndefined(platform.triggers.get({ name: schedule.trigger }));
  const rule = await orUndefined(platform.rules.get({ name: schedule.rule }));
  return {
    tracker: found !== undefined,
    schedule: trigger !== undefined || rule !== undefined,
  };
}

async function orUndefined(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error.statusCode === 404) return undefined;
    throw error;
  }
}
