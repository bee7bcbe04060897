/**
 * Whether dist/ was built from the sources as they are. Uses nothing but Node, so that it runs
 * before an install.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a bundle is made from, and by. */
const inputs = [
  'actions',
  'lib',
  'scripts/build.mjs',
  'scripts/lib',
  'webpack',
  'webpack.config.mjs',
  'tsconfig.json',
  'package.json',
  'package-lock.json',
];

const stampFile = 'dist/built-from.json';

/**
 * A digest of every input's path and content, in hex. @param {string} root the repository's
 * directory
 */
export function digestOfSources(root) {
  const hash = createHash('sha256');
  for (const path of inputs.flatMap((input) => filesUnder(root, input))) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @param {string} digest
 * @returns {boolean} true if every bundle is there and was built from these sources
 */
export function isBuilt(root, digest) {
  const stamp = readStamp(root);
  return stamp?.digest === digest && stamp.files.every((file) => existsSync(join(root, 'dist', file)));
}

/**
 * @param {string} root
 * @param {string} digest
 * @param {readonly string[]} files the bundles, relative to dist/
 */
export function writeStamp(root, digest, files) {
  writeFileSync(join(root, stampFile), `${JSON.stringify({ digest, files }, null, 2)}\n`);
}

/**
 * @param {string} root
 * @returns {{ digest: string, files: string[] } | undefined}
 */
function readStamp(root) {
  try {
    return JSON.parse(readFileSync(join(root, stampFile), 'utf8'));
  } catch {
    // None, or one that was cut short: either way nothing is known of dist/.
    return undefined;
  }
}

/**
 * @param {string} root
 * @param {string} path
 * @returns {string[]}
 */
function filesUnder(root, path) {
  if (/\.\w+$/.test(path)) return existsSync(join(root, path)) ? [path] : [];
  if (!existsSync(join(root, path))) return [];
  return readdirSync(join(root, path), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesUnder(root, `${path}/${entry.name}`) : [`${path}/${entry.name}`],
    );
}
