/** What a deployment takes from the environment, checked before anything is sent. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A setting is missing or cannot be used. The message has a line for each; no secret is in it. */
export class DeploySettingsError extends Error {
  name = 'DeploySettingsError';
}

const access = {
  OPENWHISK_APIHOST: {
    takes: 'the URL of the API host, with http:// or https:// and without a path',
    accepts: (text) => /^https?:\/\/[^\s/?#@]+$/.test(text) && URL.canParse(text),
  },
  OPENWHISK_AUTH: {
    takes: "the namespace's key, uuid:key, as `wsk property get --auth` shows it",
    accepts: (text) => /^[^\s:]+:[^\s:]+$/.test(text),
    secret: true,
  },
  OPENWHISK_NAMESPACE: {
    takes: "the namespace's own name, not _",
    accepts: (text) => /^(?!_$)\w[\w.@ -]*$/.test(text),
  },
};

const deployment = {
  ...access,
  TRACKER_SECRET: {
    takes: '16 to 128 letters, digits, - and _, the same as for the gateway',
    // Of digits alone wskdeploy's YAML would make a number.
    accepts: (text) => /^(?!\d+$)[\w-]{16,128}$/.test(text),
    secret: true,
  },
  RIAK_NODES: { takes: 'host:port of each Riak node, with commas between', accepts: () => true },
};

const optional = {
  ACTION_CONCURRENCY: {
    takes: 'runs at once in one container, from 1 to 500',
    accepts: (text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 500,
    fallback: '1',
  },
};

/**
 * @param {string} root the repository's directory
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {DeploySettings}
 * @throws {DeploySettingsError}
 */
export function readDeploySettings(root, environment) {
  check(environment, deployment, optional);
  const { TRACKER_SECRET: secret, ACTION_CONCURRENCY: concurrency } = environment;
  return {
    ...accessOf(environment),
    secret,
    concurrency: Number(concurrency || optional.ACTION_CONCURRENCY.fallback),
    parameters: parametersOf(root, environment),
  };
}

/** @throws {DeploySettingsError} */
export function readAccessSettings(environment) {
  check(environment, access, {});
  return accessOf(environment);
}

function accessOf(environment) {
  const { OPENWHISK_APIHOST: apiHost, OPENWHISK_AUTH: auth, OPENWHISK_NAMESPACE: namespace } = environment;
  return { apiHost, auth, namespace };
}

/** Every name that manifest.yaml takes from the environment, with its value; unset ones are the empty text that wskdeploy makes of them. */
function parametersOf(root, environment) {
  const manifest = readFileSync(join(root, 'manifest.yaml'), 'utf8').replace(/^\s*#.*$/gm, '');
  const names = new Set(Array.from(manifest.matchAll(/\$(\w+)/g), ([, name]) => name));
  return Object.fromEntries([...names].map((name) => [name, environment[name] ?? '']));
}

function check(environment, required, known) {
  const problems = [
    ...Object.entries(required).map(([name, kind]) => problemOf(name, environment[name] ?? '', kind, true)),
    ...Object.entries(known).map(([name, kind]) => problemOf(name, environment[name] ?? '', kind, false)),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new DeploySettingsError(problems.join('\n'));
}

function problemOf(name, value, { takes, accepts, secret = false }, isRequired) {
  if (value.trim() === '') return isRequired ? `${name}: is missing, takes ${takes}` : undefined;
  if (accepts(value)) return undefined;
  return `${name}: got ${secret ? 'a value that is not shown' : JSON.stringify(value)}, takes ${takes}`;
}

/**
 * @typedef {object} DeploySettings
 * @property {string} apiHost URL
 * @property {string} auth
 * @property {string} namespace
 * @property {string} secret
 * @property {number} concurrency
 * @property {Record<string, string>} parameters by their name in the environment, which is what manifest.yaml calls them
 */
