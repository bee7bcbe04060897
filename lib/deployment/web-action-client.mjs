/** Requests to the tracker's web actions as the gateway sends them, and what their answers are. */
import { randomBytes } from 'node:crypto';

/**
 * @typedef {object} Platform
 * @property {string} apiHost URL
 * @property {string} namespace
 */

/**
 * @typedef {object} Peer
 * @property {Uint8Array} infohash 20 bytes
 * @property {Uint8Array} peerId 20 bytes
 */

/** For documentation only (RFC 5737): nobody has it. */
const nobodysAddress = '192.0.2.1';

/**
 * @param {Platform} platform
 * @param {'announce' | 'scrape'} action
 */
export function webActionUrl({ apiHost, namespace }, action) {
  return `${apiHost}/api/v1/web/${encodeURIComponent(namespace)}/tracker/${action}.http`;
}

/**
 * @param {string} secret
 * @param {string} target the client's request line
 * @returns {Record<string, string>}
 */
export function gatewayHeaders(secret, target) {
  return { 'X-Original-URI': target, 'X-Real-IP': nobodysAddress, 'X-Require-Whisk-Auth': secret };
}

/** Asks the action for what it tells of itself (lib/openwhisk/process-report.ts). */
export const probeHeaders = { 'X-Tracker-Probe': '1' };

/**
 * The deployment whose settings served a probe; undefined if the action does not tell.
 * @param {import('./get-once.mjs').Answer} answer
 */
export function deploymentIn({ headers }) {
  const name = headers['x-tracker-deployment'];
  return typeof name === 'string' ? name : undefined;
}

/**
 * Why the action failed, as it tells a probe alone.
 * @param {import('./get-once.mjs').Answer} answer
 */
export function causeIn({ headers }) {
  const cause = headers['x-tracker-cause'];
  return typeof cause === 'string' ? cause : undefined;
}

/**
 * The query of an announce that asks for no peers.
 * @param {'started' | 'stopped'} event
 * @param {Peer} [peer] a new one of a swarm that does not exist: if such a peer has stopped,
 *   nothing is left behind
 */
export function announceQuery(event, { infohash, peerId } = newPeer()) {
  return `info_hash=${escaped(infohash)}&peer_id=${escaped(peerId)}&port=1&left=1&event=${event}&numwant=0`;
}

/**
 * A peer that nobody is, of a swarm that nobody has.
 * @returns {Peer}
 */
export function newPeer() {
  return { infohash: randomBytes(20), peerId: randomBytes(20) };
}

/** @param {Uint8Array} bytes */
export function escaped(bytes) {
  return Buffer.from(bytes).toString('hex').replace(/../g, '%$&');
}

/**
 * What is wrong with the answer of a web action, in one line; undefined if it is a tracker's reply
 * without a failure.
 * @param {import('./get-once.mjs').Answer} answer
 */
export function problemOf({ status, headers, body }) {
  const contentType = headers['content-type'] ?? '';
  if (status !== 200 || contentType !== 'application/octet-stream') {
    return `the platform answered ${status} ${contentType}: ${body.toString('utf8').slice(0, 300)}`;
  }
  const reason = failureIn(body);
  return reason === undefined ? undefined : `the tracker answered a failure: ${reason}`;
}

/**
 * The failure reason of a tracker's reply; undefined if it is none.
 * @param {Buffer} body
 */
export function failureIn(body) {
  return /^d14:failure reason\d+:(.*?)(?:8:retry in.*)?e$/s.exec(body.toString('latin1'))?.[1];
}
