/** Builds the bundles in dist/ unless they are up to date. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { makeAside } from './build-aside.mjs';
import { digestOfSources, isBuilt, writeStamp } from './build-state.mjs';
import { isPackaged } from './packaged.mjs';

/**
 * @param {string} root the repository's directory
 * @param {{ force?: boolean, onProgress?: (done: string) => void }} [options] force: build even if
 *   nothing changed; onProgress: is told how far it is, e.g. `40%`
 * @returns {Promise<undefined | { file: string, bytes: number }[]>} the bundles built, relative to
 *   dist/; undefined if dist/ was up to date
 * @throws {Error} with webpack's own report, if a source does not compile
 */
export async function build(root, { force = false, onProgress } = {}) {
  if (isPackaged(root)) return undefined;
  const digest = digestOfSources(root);
  if (!force && isBuilt(root, digest)) return undefined;

  const dist = join(root, 'dist');
  // Built aside and moved into place at the end, so that nobody loads half a bundle and a failed
  // build leaves the old one.
  const aside = makeAside(dist);
  try {
    const bundles = await compile(root, aside, onProgress);
    for (const name of new Set(bundles.map(({ file }) => dirname(file)))) {
      rmSync(join(dist, name), { recursive: true, force: true });
      renameSync(join(aside, name), join(dist, name));
    }
    // The repository's own package.json makes .js files ES modules; an action's bundle is CommonJS.
    writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
    writeStamp(
      root,
      digest,
      bundles.map(({ file }) => file),
    );
    return bundles;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/**
 * @param {string} root
 * @param {string} directory
 * @param {((done: string) => void) | undefined} onProgress
 * @returns {Promise<{ file: string, bytes: number }[]>}
 */
async function compile(root, directory, onProgress) {
  const [{ default: webpack }, { default: configs }] = await Promise.all([
    import('webpack'),
    /** @type {Promise<typeof import('../../webpack.config.mjs')>} */ (
      import(pathToFileURL(join(root, 'webpack.config.mjs')).href)
    ),
  ]);
  const compiler = webpack(
    configs.map((config) => ({
      ...config,
      output: { ...config.output, path: join(directory, config.name) },
    })),
  );
  let told = '';
  new webpack.ProgressPlugin((share) => {
    const done = `${Math.floor(100 * share)}%`;
    if (done !== told) onProgress?.(done);
    told = done;
  }).apply(compiler);
  /** @type {import('webpack').MultiStats} */
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => {
      compiler.close((closeError) => {
        if (result === undefined || closeError) reject(error ?? closeError);
        else resolve(result);
      });
    });
  });
  if (stats.hasErrors() || stats.hasWarnings()) {
    throw new Error(stats.toString({ preset: 'errors-warnings', colors: false }));
  }
  return stats.stats.flatMap((one) =>
    (one.toJson({ all: false, assets: true }).assets ?? [])
      .filter(({ name }) => /\.c?js$/.test(name))
      .map(({ name, size }) => ({ file: `${one.compilation.name}/${name}`, bytes: size })),
  );
}
