import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/**
 * Imports point one way: openwhisk, standalone and doctor are on top, below them http, then tracker and purge, then swarm, then store.
 * For each room of lib/ the rooms that it must not import. bittorrent, clock, log and settings are everybody's.
 */
const above = {
  bittorrent: [
    'store',
    'swarm',
    'purge',
    'tracker',
    'http',
    'deployment',
    'openwhisk',
    'standalone',
    'doctor',
  ],
  store: [
    'bittorrent',
    'swarm',
    'purge',
    'tracker',
    'http',
    'deployment',
    'openwhisk',
    'standalone',
    'doctor',
  ],
  swarm: ['purge', 'tracker', 'http', 'deployment', 'openwhisk', 'standalone', 'doctor'],
  purge: ['tracker', 'http', 'deployment', 'openwhisk', 'standalone', 'doctor'],
  tracker: ['purge', 'http', 'deployment', 'openwhisk', 'standalone', 'doctor'],
  http: ['store', 'swarm', 'purge', 'deployment', 'openwhisk', 'standalone', 'doctor'],
  deployment: ['store', 'swarm', 'purge', 'tracker', 'http', 'openwhisk', 'standalone', 'doctor'],
  openwhisk: ['standalone', 'doctor', 'deployment'],
  standalone: ['doctor', 'deployment'],
};
const strangers = {
  '*.ts': Object.keys(above),
  'config/**/*.ts': ['swarm', 'purge', 'tracker', 'http', 'deployment', 'openwhisk', 'standalone', 'doctor'],
  ...Object.fromEntries(Object.entries(above).map(([room, rooms]) => [`${room}/**/*.ts`, rooms])),
};

/** @param {readonly string[]} rooms of lib/ that these files must not import */
function restrictImports(files, rooms = []) {
  const patterns = [
    {
      group: ['actions', 'deploy', 'test', 'bench', 'scripts'].map((name) => `**/${name}/**`),
      message: 'lib/ knows nothing of how it is started, tested and measured',
    },
    {
      group: rooms.map((name) => `**/${name}/**`),
      message: 'imports in lib/ point one way: see CONTRIBUTING.md',
    },
  ].filter(({ group }) => group.length > 0);
  return { files: [files], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'data/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      // `!` is for no one; a cast in byte loops says what it stands for.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // chai's assertions are property reads.
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        Buffer: 'readonly',
        AbortController: 'readonly',
      },
    },
  },
  restrictImports('lib/**/*.ts'),
  // Of two blocks for a file the later one holds, so each of these repeats what holds for all of lib/.
  ...Object.entries(strangers).map(([room, others]) => restrictImports(`lib/${room}`, others)),
  prettier,
);
