/** The gateway's settings: their names and defaults are in gateway.env, what they take is here. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readEnvFile, withoutEmpty } from '../env-file.mjs';

const template = fileURLToPath(new URL('templates/tracker.conf.template', import.meta.url));
const defaults = fileURLToPath(new URL('gateway.env', import.meta.url));

const seconds = { takes: 'seconds, from 1 to 60', pattern: /^([1-9]|[1-5]\d|60)$/ };
const path = { takes: 'an absolute path without blanks', pattern: /^\/[\w./@-]+$/ };
const listener = {
  takes: 'a port, address:port or [address]:port',
  pattern: /^([\w.]+:|\[[\da-fA-F:.]+\]:)?\d{1,5}$/,
};
const hostAndPort = {
  takes: 'host:port or [address]:port',
  pattern: /^([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/,
};
const wholeNumber = { takes: 'a whole number from 1', pattern: /^[1-9]\d{0,6}$/ };

/** None lets a value end its directive, so nothing else can get into the configuration. */
const accepted = {
  OPENWHISK_SERVER: hostAndPort,
  OPENWHISK_SCHEME: { takes: 'http or https', pattern: /^https?$/ },
  OPENWHISK_NAME: {
    takes: 'a host name or address without a port',
    pattern: /^([\w.-]+|\[[\da-fA-F:.]+\])$/,
  },
  OPENWHISK_VERIFY: { takes: 'on or off', pattern: /^(on|off)$/ },
  OPENWHISK_CA: path,
  OPENWHISK_NAMESPACE: {
    takes: "a namespace's own name, of letters, digits and . @ - _, not _ alone",
    pattern: /^(?!_$)[\w][\w.@-]{0,255}$/,
  },
  OPENWHISK_PACKAGE: { takes: 'a name of letters, digits and . - _', pattern: /^[\w][\w.-]{0,255}$/ },
  TRACKER_SECRET: { takes: '16 to 128 letters, digits, - and _', pattern: /^[\w-]{16,128}$/, secret: true },
  LISTEN: listener,
  LISTEN_IPV6: listener,
  TRACKER_NAME: { takes: 'a host name, or _ for any', pattern: /^[\w.-]+$/ },
  LIMIT_RATE: wholeNumber,
  LIMIT_BURST: wholeNumber,
  RETRY_IN: { takes: 'minutes, from 1 to 1440', pattern: /^([1-9]\d{0,2}|1[0-3]\d\d|14[0-3]\d|1440)$/ },
  SCRAPE_CACHE: { takes: 'seconds, from 0 to 60', pattern: /^(\d|[1-5]\d|60)$/ },
  CACHE_DIR: path,
  CACHE_SIZE: { takes: 'a size like 64m', pattern: /^[1-9]\d{0,5}[kmg]$/ },
  CONNECT_TIMEOUT: seconds,
  READ_TIMEOUT: seconds,
  UPSTREAM_KEEPALIVE: wholeNumber,
  GATEWAY_HOP: {
    takes: 'address:port on loopback, or unix:/path',
    pattern: /^(127(\.\d{1,3}){3}:\d{1,5}|\[::1\]:\d{1,5}|unix:\/[\w./@-]+)$/,
  },
  INCLUDE_DIR: path,
  ACCESS_LOG: path,
  ERROR_LOG: path,
};

/**
 * The gateway's configuration.
 * @param {Readonly<Record<string, string | undefined>>[]} sources settings by name, each source before the ones to its left; what is not given or
 *   empty has its default. Other names are ignored
 * @returns {string} for nginx's http block
 * @throws {Error} with a line for each setting that is missing or cannot be used; no secret is in it
 */
export function renderGateway(...sources) {
  const settings = Object.assign(readEnvFile(defaults), ...sources.map(withoutEmpty));
  const problems = Object.entries(accepted).flatMap(([name, kind]) =>
    problemOf(name, settings[name] ?? '', kind),
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return readFileSync(template, 'utf8').replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name) => settings[name]);
}

function problemOf(name, value, { takes, pattern, secret }) {
  if (value === '') return [`${name}: is missing, takes ${takes}`];
  if (pattern.test(value)) return [];
  return [`${name}: got ${secret ? 'a value that is not shown' : JSON.stringify(value)}, takes ${takes}`];
}
