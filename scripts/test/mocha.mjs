/** Runs mocha. */
import { spawn } from 'node:child_process';
import { lanesOf } from './lanes.mjs';

/**
 * @param {string} root the repository's directory
 * @param {readonly string[]} args for mocha, e.g. --grep or a test file; without any, every test,
 *   in lanes side by side
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
    ...(process.stdout.isTTY ? ['--color'] : []),
    ...args,
  ];
  const lanes = args.length === 0 ? lanesOf(root) : [namesFile(args) ? [] : lanesOf(root, 1).flat()];
  if (!coverage) return runLanes(root, mocha, lanes, {});
  // It needs the development dependencies, which were only installed after this file was loaded.
  const { countLines, reportCoverage } = await import('./coverage.mjs');
  const passed = await runLanes(root, mocha, lanes, countLines(root));
  return reportCoverage(root) && passed;
}

/** @param {readonly string[]} args */
function namesFile(args) {
  return args.some((argument) => argument.endsWith('.ts'));
}

/**
 * Runs all lanes at once. What the first one prints is seen at once, that of each other one when
 * those before it have ended.
 * @param {string} root
 * @param {readonly string[]} mocha
 * @param {readonly (readonly string[])[]} lanes
 * @param {Record<string, string>} env added to the environment
 * @returns {Promise<boolean>} true if all passed
 */
async function runLanes(root, mocha, lanes, env) {
  const runs = lanes.map((files) => startLane(root, [...mocha, ...files], env));
  let isPassed = true;
  let passed = 0;
  let failed = 0;
  for (const run of runs) {
    run.show();
    isPassed = (await run.ended) === 0 && isPassed;
    const [, passes, failures] = /^(\d+) passed, (\d+) failed$/m.exec(run.output()) ?? [];
    passed += Number(passes ?? 0);
    failed += Number(failures ?? 0);
  }
  if (lanes.length > 1) console.log(`Of ${lanes.length} lanes:\n${passed} passed, ${failed} failed`);
  return isPassed;
}

/**
 * @param {string} root
 * @param {readonly string[]} args
 * @param {Record<string, string>} env
 */
function startLane(root, args, env) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['inherit', 'pipe', 'pipe'],
  });
  /** @type {Buffer[]} */
  const chunks = [];
  let isShown = false;
  /** @param {Buffer} chunk */
  const take = (chunk) => {
    chunks.push(chunk);
    if (isShown) process.stdout.write(chunk);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return {
    /** Prints what there is, and from now on all that comes. */
    show() {
      isShown = true;
      for (const chunk of chunks) process.stdout.write(chunk);
    },
    output: () => Buffer.concat(chunks).toString(),
    /** @type {Promise<number | null>} the status; null after a signal */
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    }),
  };
}
