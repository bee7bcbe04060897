import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/**
 * Imports point one way: tracker joins protocol and swarm, purge is beside it, swarm stands on store; openwhisk is above all of them.
 * For each room of lib/ the rooms that it must not import. Clock, log and settings are everybody's.
 */
const strangers = {
  '*.ts': ['protocol', 'store', 'swarm', 'purge', 'tracker', 'openwhisk'],
  'config/**/*.ts': ['protocol', 'swarm', 'purge', 'tracker', 'openwhisk'],
  'protocol/**/*.ts': ['store', 'swarm', 'purge', 'tracker', 'openwhisk'],
  'store/**/*.ts': ['protocol', 'swarm', 'purge', 'tracker', 'openwhisk'],
  'swarm/**/*.ts': ['protocol', 'purge', 'tracker', 'openwhisk'],
  'purge/**/*.ts': ['protocol', 'tracker', 'openwhisk'],
  'tracker/**/*.ts': ['purge', 'openwhisk'],
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
