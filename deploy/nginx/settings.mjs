/** The gateway's settings: their names and defaults are in gateway.env, what they take is here. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readEnvFile, withoutEmpty } from '../../lib/settings/settings-file.mjs';
import { namespaceName, problemsOf, trackerSecret } from '../../lib/deployment/setting-kinds.mjs';

const template = fileURLToPath(new URL('templates/tracker.conf.template', import.meta.url));
const defaults = fileURLToPath(new URL('gateway.env', import.meta.url));

/** @typedef {import('../../lib/deployment/setting-kinds.mjs').Kind} Kind */

/** @type {(takes: string, pattern: RegExp) => Kind} */
const like = (takes, pattern) => ({ takes, accepts: (text) => pattern.test(text) });
const seconds = like('seconds, from 1 to 60', /^([1-9]|[1-5]\d|60)$/);
const path = like('an absolute path without blanks', /^\/[\w./@-]+$/);
/** @type {(takes: string, pattern: RegExp) => Kind} */
const withPort = (takes, pattern) => ({ takes, accepts: (text) => pattern.test(text) && hasGoodPort(text) });
const listener = withPort('a port, address:port or [address]:port', /^([\w.]+:|\[[\da-fA-F:.]+\]:)?\d{1,5}$/);
const hostAndPort = withPort('host:port or [address]:port', /^([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/);
const wholeNumber = like('a whole number from 1', /^[1-9]\d{0,6}$/);

/**
 * None lets a value end its directive, so nothing else can get into the configuration.
 * @type {Readonly<Record<string, Kind>>}
 */
const accepted = {
  OPENWHISK_SERVER: hostAndPort,
  OPENWHISK_SCHEME: like('http or https', /^https?$/),
  OPENWHISK_NAME: like('a host name or address without a port', /^([\w.-]+|\[[\da-fA-F:.]+\])$/),
  OPENWHISK_VERIFY: like('on or off', /^(on|off)$/),
  OPENWHISK_CA: path,
  OPENWHISK_NAMESPACE: namespaceName,
  OPENWHISK_PACKAGE: like('a name of letters, digits and . - _', /^[\w][\w.-]{0,255}$/),
  TRACKER_SECRET: trackerSecret,
  GATEWAY_FRONT: withPort(
    'host:port or [address]:port of a front, or unix:/none',
    /^(([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}|unix:\/none)$/,
  ),
  LISTEN: listener,
  LISTEN_IPV6: listener,
  TRACKER_NAME: like('a host name, or _ for any', /^[\w.-]+$/),
  LIMIT_RATE: wholeNumber,
  LIMIT_BURST: wholeNumber,
  RETRY_IN: like('minutes, from 1 to 1440', /^([1-9]\d{0,2}|1[0-3]\d\d|14[0-3]\d|1440)$/),
  SCRAPE_CACHE: like('seconds, from 0 to 60', /^(\d|[1-5]\d|60)$/),
  CACHE_DIR: path,
  CACHE_SIZE: like('a size like 64m', /^[1-9]\d{0,5}[kmg]$/),
  CONNECT_TIMEOUT: seconds,
  READ_TIMEOUT: seconds,
  UPSTREAM_KEEPALIVE: wholeNumber,
  GATEWAY_HOP: withPort(
    'address:port on loopback, or unix:/path',
    /^(127(\.\d{1,3}){3}:\d{1,5}|\[::1\]:\d{1,5}|unix:\/[\w./@-]+)$/,
  ),
  INCLUDE_DIR: path,
  ACCESS_LOG: path,
  ERROR_LOG: path,
};

export const gatewaySettingNames = Object.keys(accepted);

/**
 * A number after the last colon, or alone, is a port; a path of a socket has none.
 * @param {string} text
 */
function hasGoodPort(text) {
  const [, port = '1'] = /(?:^|:)(\d+)$/.exec(text) ?? [];
  return Number(port) >= 1 && Number(port) <= 65_535;
}

/**
 * The gateway's configuration.
 * @param {Readonly<Record<string, string | undefined>>[]} sources settings by name, each source
 *   before the ones to its left; what is not given or empty has its default. Other names are
 *   ignored
 * @returns {string} for nginx's http block
 * @throws {Error} with a line for each setting that is missing or cannot be used; no secret is in
 *   it
 */
export function renderGateway(...sources) {
  /** @type {Record<string, string>} */
  const settings = Object.assign(readEnvFile(defaults), ...sources.map(withoutEmpty));
  const problems = problemsOf(settings, accepted);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return readFileSync(template, 'utf8').replace(
    /\$\{([A-Z][A-Z0-9_]*)\}/g,
    (_, /** @type {string} */ name) => settings[name] ?? '',
  );
}
