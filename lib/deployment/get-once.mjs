import * as http from 'node:http';
import * as https from 'node:https';
import { buffer } from 'node:stream/consumers';
import { performance } from 'node:perf_hooks';

/** How long a cold start may take, and then some. */
const timeoutMs = 30_000;

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {import('node:http').IncomingHttpHeaders} headers names in lower case
 * @property {Buffer} body
 * @property {number} milliseconds from the call to the last byte
 */

/**
 * One GET on a connection of its own, straight to the host, whose redirects are not followed.
 * @param {string} url
 * @param {Readonly<Record<string, string>>} headers
 * @param {string} [target] what goes on the request line instead of the URL's path and query: as it
 *   is, in Latin-1
 * @returns {Promise<Answer>}
 * @throws {Error} if there is no answer
 */
export async function getOnce(url, headers, target) {
  const started = performance.now();
  try {
    const reply = await open(url, headers, target);
    const body = await buffer(reply);
    return {
      status: reply.statusCode ?? 0,
      headers: reply.headers,
      body,
      milliseconds: Math.round(performance.now() - started),
    };
  } catch (error) {
    throw new Error(`no answer from ${new URL(url).origin}: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * An error of a host with several addresses says nothing itself; those that it holds do, one for
 * each address.
 * @param {unknown} error
 */
function reasonOf(error) {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((/** @type {Error} */ { message }) => message).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}

/**
 * @param {string} url
 * @param {Readonly<Record<string, string>>} headers
 * @param {string | undefined} target
 * @returns {Promise<import('node:http').IncomingMessage>}
 */
function open(url, headers, target) {
  const { get } = url.startsWith('https:') ? https : http;
  const options = {
    headers,
    agent: false,
    timeout: timeoutMs,
    ...(target === undefined ? {} : { path: target }),
  };
  return new Promise((resolve, reject) => {
    const request = get(url, options, resolve);
    request.on('timeout', () => request.destroy(new Error(`nothing came for ${timeoutMs / 1000} s`)));
    request.on('error', reject);
  });
}
