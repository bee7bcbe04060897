/** How much of lib/ the tests run: Node counts, c8 reports. */
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { runNode } from './run-node.mjs';

/** With a smaller share of the lines of lib/ a run has failed. */
const minPercentOfLines = 95;

const countsDirectory = 'coverage/tmp';

/**
 * Forgets earlier counts.
 * @param {string} root
 * @returns {Record<string, string>} the environment in which Node counts
 */
export function countLines(root) {
  const counts = join(root, countsDirectory);
  rmSync(counts, { recursive: true, force: true });
  return { NODE_V8_COVERAGE: counts };
}

/**
 * Prints a summary and writes coverage/lcov.info.
 * @param {string} root
 * @returns {boolean} true if enough lines ran
 */
export function reportCoverage(root) {
  return runNode(root, [
    'node_modules/c8/bin/c8.js',
    'report',
    `--temp-directory=${countsDirectory}`,
    '--reporter=text-summary',
    '--reporter=lcov',
    // Files that no test loads count as well.
    '--all',
    '--src=lib',
    '--include=lib/**/*.ts',
    ...typeOnlyFiles(root, 'lib').map((file) => `--exclude=${file}`),
    '--check-coverage',
    `--lines=${minPercentOfLines}`,
    // c8 has limits for these by default.
    '--functions=0',
    '--branches=0',
    '--statements=0',
  ]);
}

/**
 * Sources that are nothing but types: there is no code in them that could run. Paths relative to
 * root.
 * @param {string} root
 * @param {string} directory
 */
function typeOnlyFiles(root, directory) {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(directory, file))
    .filter((file) => file.endsWith('.d.ts') || isTypeOnly(readFileSync(join(root, file), 'utf8')));
}

/** @param {string} source */
function isTypeOnly(source) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      removeComments: true,
      verbatimModuleSyntax: true,
    },
  });
  return outputText.trim() === 'export {};';
}
