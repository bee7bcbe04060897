/**
 * `npm run pack`: builds what the package has, and collects the licenses of what is in the bundles.
 * npm runs it before it packs, if scripts are allowed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from './lib/build.mjs';
import { ensureInstalled } from './lib/dependencies.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

await ensureInstalled(root, { tools: true });
await build(root);
writeFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), licenses(bundledPackages()));

/** Directories of the packages that the bundles were made from, by the sources in their maps. */
function bundledPackages() {
  const sources = ['actions', 'standalone']
    .map((name) => join(root, 'dist', name))
    .flatMap((directory) => readdirSync(directory).map((file) => join(directory, file)))
    .filter((file) => file.endsWith('.map'))
    .flatMap((file) => /** @type {{ sources: string[] }} */ (JSON.parse(readFileSync(file, 'utf8'))).sources);
  const found = sources.flatMap((source) => /node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(source)?.[0] ?? []);
  return [...new Set(found)].sort();
}

/** @param {readonly string[]} packages */
function licenses(packages) {
  const texts = packages.map((path) => {
    const directory = join(root, path);
    const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    const file = readdirSync(directory).find((one) => /^licen[cs]e/i.test(one));
    const text =
      file !== undefined && existsSync(join(directory, file))
        ? readFileSync(join(directory, file), 'utf8')
        : '';
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return `Parts of these packages are in the bundles.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
