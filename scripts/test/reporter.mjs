/**
 * mocha's spec report, then the suites that were skipped, then one closing line with the counts.
 */
import Mocha from 'mocha';

const { EVENT_RUN_END, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/**
 * After the last test nothing should be open, so the process should end by itself well before this.
 */
const leakMs = 10_000;

export default class ClosingLineReporter extends Mocha.reporters.Spec {
  /**
   * @param {Mocha.Runner} runner
   * @param {Mocha.MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    const skipped = new Set();
    runner.on(EVENT_TEST_PENDING, (/** @type {Mocha.Test} */ test) => skipped.add(test.parent?.fullTitle()));
    runner.once(EVENT_RUN_END, () => {
      if (skipped.size > 0)
        console.log(`Skipped suites:\n${[...skipped].map((title) => `  ${title}\n`).join('')}`);
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      if (passes + failures + pending === 0) console.log('No test was selected, which counts as a failure.');
      console.log(`${passes} passed, ${failures} failed`);
      failOnLeak();
    });
  }
}

/** The timer does not keep the process alive: it only fires if something else does. */
function failOnLeak() {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((resource) => resource !== 'Timeout');
    console.error(`Still open ${leakMs / 1000} s after the last test: ${open.join(', ')}`);
    // mocha sets the status from the failed tests when the process exits; this comes after it.
    process.once('exit', () => {
      process.exitCode = 1;
    });
    process.exit();
  }, leakMs).unref();
}
