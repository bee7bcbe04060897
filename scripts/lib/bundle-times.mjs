/** How long an action's bundle takes on this machine, in processes of their own. */
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const firstAnnounceScript = fileURLToPath(new URL('./first-announce.ts', import.meta.url));

/**
 * Starts of Node with and without a bundle, taken in turns, so that whatever slows the machine down
 * slows both.
 * @param {string} file the bundle's path
 * @param {number} rounds how often; the medians count
 * @param {string} bare what Node runs without the bundle
 * @returns {{ bareMs: number, loadedMs: number }} Node that runs `bare`, and Node that loads the
 *   bundle
 */
export function loadTimes(file, rounds = 7, bare = '0') {
  const load = `require(${JSON.stringify(file)})`;
  const times = Array.from({ length: rounds }, () => ({
    bare: millisecondsOf(bare),
    loaded: millisecondsOf(load),
  }));
  return {
    bareMs: median(times.map(({ bare }) => bare)),
    loadedMs: median(times.map(({ loaded }) => loaded)),
  };
}

/**
 * From an announce bundle's file to its first reply, with a store that answers at once.
 * @param {string} file the bundle's path
 * @returns {number} milliseconds, the median
 */
export function firstAnnounceTime(file, rounds = 3) {
  return median(
    Array.from({ length: rounds }, () => Number(run(['--import', 'tsx', firstAnnounceScript, file]).stdout)),
  );
}

/** @param {string} program for `node -e` */
function millisecondsOf(program) {
  const start = performance.now();
  run(['-e', program]);
  return performance.now() - start;
}

/** @param {readonly string[]} args of node */
function run(args) {
  const result = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`node ${args.join(' ')} failed: ${result.stderr}`);
  return result;
}

/** @param {readonly number[]} numbers at least one */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
