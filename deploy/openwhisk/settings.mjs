/** The settings by which whatever reaches OpenWhisk knows it, and what they take. */

/** By name. */
export const platformSettings = {
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
  TRACKER_SECRET: {
    takes: '16 to 128 letters, digits, - and _, the same as for the gateway',
    // Of digits alone wskdeploy's YAML would make a number.
    accepts: (text) => /^(?!\d+$)[\w-]{16,128}$/.test(text),
    secret: true,
  },
  ACTION_CONCURRENCY: {
    takes: 'runs at once in one container, from 1 to 500',
    accepts: (text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 500,
  },
};

/**
 * A line for each setting that is missing or cannot be used; no secret is in it.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {Readonly<Record<string, import('./settings.d.mts').Kind>>} required
 * @param {Readonly<Record<string, import('./settings.d.mts').Kind>>} optional
 * @returns {string[]}
 */
export function problemsOf(environment, required, optional) {
  const lines = (kinds, isRequired) =>
    Object.entries(kinds).map(([name, kind]) => problemOf(name, environment[name] ?? '', kind, isRequired));
  return [...lines(required, true), ...lines(optional, false)].filter((problem) => problem !== undefined);
}

function problemOf(name, value, { takes, accepts, secret = false }, isRequired) {
  if (value.trim() === '') return isRequired ? `${name}: is missing, takes ${takes}` : undefined;
  if (accepts(value)) return undefined;
  return `${name}: got ${secret ? 'a value that is not shown' : JSON.stringify(value)}, takes ${takes}`;
}
