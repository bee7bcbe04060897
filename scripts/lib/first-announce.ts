/**
 * Loads the announce bundle named on the command line, announces once, and prints how many
 * milliseconds that took. Run with tsx.
 */
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { parseConfig } from '../../lib/config.js';
import type { WebAction } from '../../lib/openwhisk/web-action.js';

const [, , file = ''] = process.argv;
const config = parseConfig({ LOG_LEVEL: 'silent' });
const ignore = () => undefined;

/** Empty, and quick: what counts here is the bundle. */
const store = {
  fetch: () => Promise.resolve({ values: [], version: undefined }),
  put: (key: string, value: Uint8Array) => Promise.resolve({ values: [value], version: key, stored: true }),
};

const start = performance.now();
const { create } = createRequire(import.meta.url)(file) as { create: (components: object) => WebAction };
const announce = create({
  config,
  store,
  clock: Date,
  random: Math.random,
  log: { error: ignore, warn: ignore, info: ignore, debug: ignore },
});
const { body } = await announce({
  __ow_method: 'get',
  __ow_headers: {
    'x-original-uri': `/announce?info_hash=${'%ff'.repeat(20)}&peer_id=${'a'.repeat(20)}&port=6881&left=1`,
    'x-real-ip': '192.0.2.1',
  },
  __ow_path: '',
});
const reply = Buffer.from(body, 'base64').toString('latin1');
if (!reply.includes('8:completei0e')) throw new Error(`the announce was answered ${reply}`);
console.log(performance.now() - start);
