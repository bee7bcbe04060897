/** What of the environment is never shown. */

/** The settings in manifest.yaml that are secret. */
export const secretNames = [
  'TRACKER_SECRET',
  'RIAK_PASSWORD',
  'RIAK_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
];

/**
 * The environment for a run of wskdeploy that needs no secret: a preview shows every value, quoted
 * and escaped in wskdeploy's own way, so what must not be seen must not be known. The tracker's
 * secret has a stand-in even if there is none, since the manifest cannot do without.
 * @param {Readonly<Record<string, string | undefined>>} environment
 */
export function withoutSecrets(environment) {
  const given = secretNames.filter((name) => environment[name]);
  const standIns = ['TRACKER_SECRET', ...given].map((name) => [name, '***']);
  return { ...environment, ...Object.fromEntries(standIns) };
}
