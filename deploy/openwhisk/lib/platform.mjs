/** What is deployed, over OpenWhisk's REST API. */
import openwhisk from 'openwhisk';

const packageName = 'tracker';
const webActions = ['announce', 'scrape', 'stats'];

/** What schedule.yaml names. */
const schedule = { trigger: 'tracker-purge-interval', rule: 'tracker-purge-rule' };

/** On the package: the digest of what was deployed, set when all of it was. */
const annotation = 'deployment';

/** @typedef {ReturnType<typeof openPlatform>} Platform */

/** @param {import('./settings.mjs').Access} access */
export function openPlatform({ apiHost, auth, namespace }) {
  return openwhisk({ apihost: apiHost, api_key: auth, namespace });
}

/**
 * The digest of the last deployment that was finished; undefined if there is none, or nothing at
 * all.
 * @param {Platform} platform
 * @returns {Promise<string | undefined>}
 */
export async function deployedDigest(platform) {
  const found = await orUndefined(platform.packages.get({ name: packageName }));
  if (found === undefined) return undefined;
  const names = actionsOf(found).map(({ name }) => name);
  if (![...webActions, 'purge'].every((name) => names.includes(name))) return undefined;
  const value = annotationsOf(found).find(({ key }) => key === annotation)?.value;
  return typeof value === 'string' ? value : undefined;
}

/**
 * A package as the API gives it, more than the client's types say.
 * @param {unknown} found
 * @returns {readonly { name: string }[]}
 */
function actionsOf(found) {
  return /** @type {{ actions?: { name: string }[] }} */ (found).actions ?? [];
}

/**
 * @param {unknown} found
 * @returns {readonly { key: string, value: unknown }[]}
 */
function annotationsOf(found) {
  return /** @type {{ annotations?: { key: string, value: unknown }[] }} */ (found).annotations ?? [];
}

/**
 * Marks a deployment as finished.
 * @param {Platform} platform
 * @param {string} digest
 */
export async function setDeployedDigest(platform, digest) {
  const found = await platform.packages.get({ name: packageName });
  const others = annotationsOf(found).filter(({ key }) => key !== annotation);
  await platform.packages.update({
    name: packageName,
    package: { annotations: [...others, { key: annotation, value: digest }] },
  });
}

/**
 * What the client's types do not say: an action without its code, a change of its limits alone.
 * @typedef {Readonly<Record<string, number>>} Limits
 * @typedef {(asked: { name: string, code: boolean }) => Promise<{ limits: Limits }>} GetAction
 * @typedef {(change: { name: string, limits: Limits }) => Promise<unknown>} UpdateAction
 * @typedef {{ get: GetAction, update: UpdateAction }} Actions
 */

/**
 * How many runs one container may do at once. wskdeploy cannot say it.
 * @param {Platform} platform
 * @param {number} concurrency
 * @throws {Error} if the platform does not allow as many
 */
export async function setConcurrency(platform, concurrency) {
  const actions = /** @type {Actions} */ (/** @type {unknown} */ (platform.actions));
  for (const action of webActions) {
    const name = `${packageName}/${action}`;
    const { limits } = await actions.get({ name, code: false });
    if (limits['concurrency'] === concurrency) continue;
    try {
      await actions.update({ name, limits: { ...limits, concurrency } });
    } catch (error) {
      throw new Error(
        `ACTION_CONCURRENCY: the platform does not take ${concurrency}: ${messageOf(error)}\n` +
          'Its operator has to allow it (CONFIG_whisk_concurrencyLimit_max, see deploy/openwhisk/platform.env).',
        { cause: error },
      );
    }
  }
}

/**
 * What is deployed.
 * @param {Platform} platform
 * @returns {Promise<{ tracker: boolean, schedule: boolean }>}
 */
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

/**
 * What the platform says of an error, else the client.
 * @param {unknown} error
 * @returns {string}
 */
function messageOf(error) {
  const { error: body, message } = /** @type {{ error?: { error?: string }, message?: string }} */ (error);
  return body?.error ?? message ?? String(error);
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T | undefined>} undefined for what is not there
 */
async function orUndefined(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
    throw error;
  }
}
