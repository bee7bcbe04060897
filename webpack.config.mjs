/**
 * The bundles: each OpenWhisk action as one self-contained file, and the standalone process, from
 * the same sources. Type checking is `npm run typecheck`; a build only translates.
 */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { basename, join } from 'node:path';
import webpack from 'webpack';
import * as riakClient from './webpack/riak-client.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));
const entryOfStandalone = join(root, 'lib/standalone/main.ts');

const actions = Object.fromEntries(
  readdirSync(join(root, 'actions'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [basename(file, '.ts'), join(root, 'actions', file)]),
);

/**
 * @typedef {import('webpack').Configuration} Configuration
 * @param {object} options
 * @param {string} options.name of the bundles, and of their directory in dist/
 * @param {NonNullable<Configuration['entry']>} options.entry
 * @param {string} options.filename
 * @param {NonNullable<Configuration['externals']>} options.externals
 * @param {NonNullable<Configuration['plugins']>} [options.plugins]
 * @returns {Configuration & { name: string }}
 */
function bundles({ name, entry, filename, externals, plugins = [] }) {
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
    plugins,
    module: {
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

/**
 * An action runs in a container that has no native modules: the embedded store in an action is a
 * mistake in its imports.
 * @param {import('webpack').ExternalItemFunctionData} asked
 * @param {(error?: Error | null) => void} done
 */
function refuseNative({ request, contextInfo }, done) {
  if (request === 'lmdb')
    done(new Error(`lmdb cannot be part of an action; imported by ${contextInfo?.issuer}`));
  else done();
}

export default [
  bundles({
    name: 'actions',
    entry: actions,
    filename: '[name].js',
    externals: [refuseNative],
    // No action opens an embedded store, makes or examines one: what the store drivers would load
    // for that stays out.
    plugins: [
      new webpack.IgnorePlugin({
        resourceRegExp: /^\.\/(store|create|examine|examine\/examine)\.js$/,
        contextRegExp: /lib\/store\/\w+$/,
      }),
    ],
  }),
  ...(existsSync(entryOfStandalone)
    ? [
        bundles({
          name: 'standalone',
          entry: {
            main: entryOfStandalone,
            doctor: join(root, 'lib/doctor/main.ts'),
            ask: join(root, 'lib/cli/ask/main.ts'),
            'create-store': join(root, 'lib/standalone/create-store.ts'),
          },
          filename: '[name].cjs',
          externals: { lmdb: 'commonjs lmdb' },
        }),
      ]
    : []),
];
