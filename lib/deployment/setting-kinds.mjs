/**
 * Checks of settings that come from the environment or from files: what the gateway and the
 * deployment have in common.
 */

/**
 * A setting as a deployment knows it.
 * @typedef {object} Kind
 * @property {string} takes the values taken, in words
 * @property {(text: string) => boolean} accepts
 * @property {boolean} [secret] a secret's value is never shown
 */

/**
 * The gateway sends it and the actions compare it, so both take the same. None of its characters
 * means anything to nginx, or to a shell.
 * @type {Kind}
 */
export const trackerSecret = {
  takes: '16 to 128 letters, digits, - and _, the same for the gateway and the actions',
  accepts: (text) => /^[\w-]{16,128}$/.test(text),
  secret: true,
};

/**
 * The gateway has it in the path of its requests, so what it does not take is no use to a
 * deployment.
 * @type {Kind}
 */
export const namespaceName = {
  takes: "a namespace's own name, of letters, digits and . @ - _, not _ alone",
  accepts: (text) => /^(?!_$)\w[\w.@-]{0,255}$/.test(text),
};

/**
 * A line for each setting that is missing or cannot be used; no secret is in it.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {Readonly<Record<string, Kind>>} required
 * @param {Readonly<Record<string, Kind>>} optional
 * @returns {string[]}
 */
export function problemsOf(environment, required, optional = {}) {
  return [...problemsIn(environment, required, true), ...problemsIn(environment, optional, false)];
}

/**
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {Readonly<Record<string, Kind>>} kinds
 * @param {boolean} isRequired
 */
function problemsIn(environment, kinds, isRequired) {
  return Object.entries(kinds).flatMap(([name, kind]) => {
    const problem = problemOf(environment[name] ?? '', kind, isRequired);
    return problem === undefined ? [] : [`${name}: ${problem}`];
  });
}

/**
 * @param {string} value
 * @param {Kind} kind
 * @param {boolean} isRequired
 */
function problemOf(value, { takes, accepts, secret = false }, isRequired) {
  if (value.trim() === '') return isRequired ? `is missing, takes ${takes}` : undefined;
  if (accepts(value)) return undefined;
  return `got ${secret ? 'a value that is not shown' : JSON.stringify(value)}, takes ${takes}`;
}
