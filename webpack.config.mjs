/**
 * The bundles: each OpenWhisk action as one self-contained file, and the standalone process that calls the same files.
 * Type checking is `npm run typecheck`; a build only translates.
 */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { basename, join } from 'node:path';
import * as riakClient from './webpack/riak-client.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));
const entryOfStandalone = join(root, 'deploy/standalone/main.ts');

const actions = Object.fromEntries(
  readdirSync(join(root, 'actions'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [basename(file, '.ts'), join(root, 'actions', file)]),
);

function bundles({ name, entry, filename, externals }) {
  return {
    name,
    mode: 'production',
    target: 'node20',
    context: root,
    entry,
    output: {
      path: join(root, 'dist', name),
      filename,
      library: { type: 'commonjs2' },
    },
    devtool: 'source-map',
    externals,
    module: {
      // The standalone process loads the actions' bundles by a path that only it knows.
      parser: { javascript: { createRequire: false } },
      rules: [
        ...riakClient.rules,
        {
          test: /\.ts$/,
          loader: 'ts-loader',
          options: {
            transpileOnly: true,
            // The compiler only checks elsewhere; webpack wants ES modules to see what is unused.
            compilerOptions: { noEmit: false, module: 'ESNext', moduleResolution: 'Bundler' },
          },
        },
      ],
    },
    resolve: {
      extensions: ['.ts', '.js'],
      extensionAlias: { '.js': ['.ts', '.js'] },
    },
    // One file each, whatever is imported lazily.
    optimization: { splitChunks: false },
    performance: false,
  };
}

/** An action runs in a container that has no native modules: the embedded store in an action is a mistake in its imports. */
function refuseNative({ request, contextInfo }, done) {
  if (request === 'lmdb')
    done(new Error(`lmdb cannot be part of an action; imported by ${contextInfo.issuer}`));
  else done();
}

export default [
  bundles({ name: 'actions', entry: actions, filename: '[name].js', externals: [refuseNative] }),
  ...(existsSync(entryOfStandalone)
    ? [
        bundles({
          name: 'standalone',
          entry: { main: entryOfStandalone, doctor: join(root, 'deploy/doctor/main.ts') },
          filename: '[name].cjs',
          externals: { lmdb: 'commonjs lmdb' },
        }),
      ]
    : []),
];
