/** What a deployment takes from the environment, checked before anything is sent. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { platformSettings } from '../../../lib/deployment/platform-settings.mjs';
import { problemsOf } from '../../../lib/deployment/setting-kinds.mjs';

/** A setting is missing or cannot be used. The message has a line for each; no secret is in it. */
export class DeploySettingsError extends Error {
  /** @override */
  name = 'DeploySettingsError';
}

const { OPENWHISK_APIHOST, OPENWHISK_AUTH, OPENWHISK_NAMESPACE, TRACKER_SECRET, ACTION_CONCURRENCY } =
  platformSettings;

/** In manifest.yaml: the digest of the deployment. */
export const deploymentVariable = 'TRACKER_DEPLOYMENT';

/** In the manifests: the version in package.json. */
export const versionVariable = 'TRACKER_VERSION';

const access = { OPENWHISK_APIHOST, OPENWHISK_AUTH, OPENWHISK_NAMESPACE };

/** Where peers are kept if STORE does not say. */
const defaultStore = 'riak';

/** What each store cannot do without. @type {Readonly<Record<string, Readonly<Record<string, Kind>>>>} */
const ofStore = {
  riak: { RIAK_NODES: given('host:port of each Riak node, with commas between') },
  s3: { ...awsKeys(), S3_BUCKET: given('the name of a bucket') },
  dynamodb: awsKeys(),
};

/** @type {Kind} */
const storeKind = {
  takes: `one of ${Object.keys(ofStore).join(', ')}`,
  accepts: (text) => Object.hasOwn(ofStore, text),
};

/** @returns {Record<string, Kind>} */
function awsKeys() {
  return {
    AWS_ACCESS_KEY_ID: given('the id of an access key'),
    AWS_SECRET_ACCESS_KEY: { ...given('its secret'), secret: true },
  };
}

/**
 * Something that only the tracker can judge.
 * @param {string} takes
 * @returns {Kind}
 */
function given(takes) {
  return { takes, accepts: () => true };
}

/**
 * The environment with STORE in it.
 * @param {Environment} environment
 * @returns {Record<string, string | undefined>}
 */
export function withStore(environment) {
  return { ...environment, STORE: environment['STORE']?.trim() || defaultStore };
}

/**
 * @param {string} root the repository's directory
 * @param {Environment} environment with STORE
 * @returns {DeploySettings}
 * @throws {DeploySettingsError}
 */
export function readDeploySettings(root, environment) {
  const manifest = readManifest(root);
  check(
    environment,
    { ...access, TRACKER_SECRET, STORE: storeKind, ...ofStore[environment['STORE'] ?? ''] },
    { ACTION_CONCURRENCY, ANNOUNCE_TIMEOUT: announceTimeout(manifest) },
  );
  const { TRACKER_SECRET: secret = '', ACTION_CONCURRENCY: concurrency } = environment;
  return {
    ...accessOf(environment),
    secret,
    concurrency: Number(concurrency || 1),
    parameters: parametersOf(manifest, environment),
  };
}

/**
 * @param {Environment} environment
 * @throws {DeploySettingsError}
 */
export function readAccessSettings(environment) {
  check(environment, access, {});
  return accessOf(environment);
}

/**
 * @param {Environment} environment checked
 * @returns {Access}
 */
function accessOf(environment) {
  const {
    OPENWHISK_APIHOST: apiHost = '',
    OPENWHISK_AUTH: auth = '',
    OPENWHISK_NAMESPACE: namespace = '',
  } = environment;
  return { apiHost, auth, namespace };
}

/**
 * Every name that manifest.yaml takes from the environment, with its value; unset ones are the
 * empty text that wskdeploy makes of them. Not the deployment's own name, which is made of these.
 * @param {string} manifest
 * @param {Environment} environment
 * @returns {Record<string, string>}
 */
function parametersOf(manifest, environment) {
  return Object.fromEntries(parameterNames(manifest).map((name) => [name, environment[name] ?? '']));
}

/** @param {string} manifest */
function parameterNames(manifest) {
  const names = new Set(Array.from(manifest.matchAll(/\$(\w+)/g), ([, name = '']) => name));
  names.delete(deploymentVariable);
  names.delete(versionVariable);
  return [...names];
}

/** Without comments. @param {string} root */
function readManifest(root) {
  return readFileSync(join(root, 'manifest.yaml'), 'utf8').replace(/^\s*#.*$/gm, '');
}

/**
 * Every setting that a deployment takes.
 * @param {string} root the repository's directory
 */
export function deploySettingNames(root) {
  return [...new Set([...Object.keys(platformSettings), ...parameterNames(readManifest(root))])];
}

/**
 * Shorter than any action may run: OpenWhisk ends a run that takes longer, and the gateway gets an
 * error in the place of a failure that says when to come again. What is no number at all is left to
 * the tracker's own check.
 * @param {string} manifest
 * @returns {Kind}
 */
function announceTimeout(manifest) {
  const timeouts = Array.from(manifest.matchAll(/^\s*timeout: (\d+)$/gm), ([, timeout]) => Number(timeout));
  const shortest = Math.min(...timeouts);
  return {
    takes: `less than the timeout of the actions in manifest.yaml, which is ${shortest} (milliseconds)`,
    accepts: (text) => !(Number(text) >= shortest),
  };
}

/**
 * @param {Environment} environment
 * @param {Readonly<Record<string, Kind>>} required
 * @param {Readonly<Record<string, Kind>>} optional
 */
function check(environment, required, optional) {
  const problems = problemsOf(environment, required, optional);
  if (problems.length > 0) throw new DeploySettingsError(problems.join('\n'));
}

/**
 * @typedef {import('../../../lib/deployment/setting-kinds.mjs').Kind} Kind
 * @typedef {Readonly<Record<string, string | undefined>>} Environment
 */

/**
 * @typedef {object} Access
 * @property {string} apiHost URL
 * @property {string} auth
 * @property {string} namespace
 */

/**
 * @typedef {object} Deployment
 * @property {string} secret
 * @property {number} concurrency
 * @property {Record<string, string>} parameters by their name in the environment, which is what
 *   manifest.yaml calls them
 *
 * @typedef {Access & Deployment} DeploySettings
 */
