/** Checks of settings that come from the environment or from files: what the gateway and the deployment have in common. */

/**
 * The gateway sends it and the actions compare it, so both take the same. None of its characters means anything to nginx, or to a shell.
 * @type {import('./setting-kinds.mts').Kind}
 */
export const trackerSecret = {
  takes: '16 to 128 letters, digits, - and _, the same for the gateway and the actions',
  accepts: (text) => /^[\w-]{16,128}$/.test(text),
  secret: true,
};

/**
 * The gateway has it in the path of its requests, so what it does not take is no use to a deployment.
 * @type {import('./setting-kinds.mts').Kind}
 */
export const namespaceName = {
  takes: "a namespace's own name, of letters, digits and . @ - _, not _ alone",
  accepts: (text) => /^(?!_$)\w[\w.@-]{0,255}$/.test(text),
};

/**
 * A line for each setting that is missing or cannot be used; no secret is in it.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {Readonly<Record<string, import('./setting-kinds.mts').Kind>>} required
 * @param {Readonly<Record<string, import('./setting-kinds.mts').Kind>>} optional
 * @returns {string[]}
 */
export function problemsOf(environment, required, optional = {}) {
  const lines = (kinds, isRequired) =>
    Object.entries(kinds).map(([name, kind]) => problemOf(name, environment[name] ?? '', kind, isRequired));
  return [...lines(required, true), ...lines(optional, false)].filter((problem) => problem !== undefined);
}

function problemOf(name, value, { takes, accepts, secret = false }, isRequired) {
  if (value.trim() === '') return isRequired ? `${name}: is missing, takes ${takes}` : undefined;
  if (accepts(value)) return undefined;
  return `${name}: got ${secret ? 'a value that is not shown' : JSON.stringify(value)}, takes ${takes}`;
}
