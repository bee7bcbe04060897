/** Runs mocha. */
import { runNode } from './run-node.mjs';

const everyTest = 'test/**/*.test.ts';

/**
 * @param {string} root the repository's directory
 * @param {readonly string[]} args for mocha, e.g. --grep or a test file; without a file, every test
 * @param {{ coverage: boolean, requireAllSuites: boolean }} options coverage: also say how much of
 *   lib/ ran, and fail if it is too little; requireAllSuites: what was skipped has failed
 * @returns {Promise<boolean>} true if everything passed
 */
export async function runTests(root, args, { coverage, requireAllSuites }) {
  const mocha = [
    'node_modules/mocha/bin/mocha.js',
    '--reporter=./scripts/test/reporter.mjs',
    // A title that is spelt wrong selects nothing, and nothing has not passed.
    '--fail-zero',
    ...(requireAllSuites ? ['--forbid-pending'] : []),
    ...args,
    ...(args.some((argument) => argument.endsWith('.ts')) ? [] : [everyTest]),
  ];
  if (!coverage) return runNode(root, mocha);
  // It needs the development dependencies, which were only installed after this file was loaded.
  const { countLines, reportCoverage } = await import('./coverage.mjs');
  const passed = runNode(root, mocha, countLines(root));
  return reportCoverage(root) && passed;
}
