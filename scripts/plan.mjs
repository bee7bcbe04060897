/**
 * `npm run plan`: what a site of some size needs, from what `npm run bench` measured here. See
 * docs/scale.md.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './lib/dependencies.mjs';
import { requireNode } from './lib/node-version.mjs';

const root = new URL('..', import.meta.url);

requireNode(fileURLToPath(root));
ensureInstalled(fileURLToPath(root), { tools: true });
// Only now are its dependencies there.
const { register } = await import('tsx/esm/api');
register();
/** @type {typeof import('../lib/plan/command.js')} */
const { planCommand } = await import(new URL('../lib/plan/command.ts', import.meta.url).href);

/**
 * @param {string} path
 * @returns {unknown}
 */
const readJson = (path) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));

const { text, status } = planCommand(process.argv.slice(2), () => ({
  rows: readJson('bench/results.json'),
  storeCosts: readJson('bench/store-costs/results.json'),
  scale: readJson('bench/simulation/results/scale.json'),
  steady: readJson('bench/simulation/results/steady.json'),
}));
(status === 0 ? process.stdout : process.stderr).write(text);
process.exitCode = status;
