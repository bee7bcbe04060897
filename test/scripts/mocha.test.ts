import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { startProgram, type RunningProgram } from '../support/running-program.js';

const mocha = new URL('../../scripts/test/mocha.mjs', import.meta.url).href;
const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * `npm test` but for the install and the build before it; ends with status 0 if everything passed.
 */
const runner = `
  const { runTests } = await import(process.argv[1]);
  const passed = await runTests(process.argv[2], process.argv.slice(3), { coverage: false, requireAllSuites: false });
  process.exit(passed ? 0 : 1);
`;

describe('npm test', function () {
  this.timeout(30_000);

  async function test(...args: string[]): Promise<RunningProgram> {
    const program = await startProgram(process.execPath, [
      ...['--input-type=module', '--eval', runner, mocha, root],
      ...args,
    ]);
    await program.ended;
    return program;
  }

  it('fails if no test has the title that it is given', async () => {
    const program = await test('test/linked-list.test.ts', '--grep', 'no test is called so');
    expect(program.exit?.status, program.describe()).to.equal(1);
    expect(program.stdout).to.match(/^No test was selected.*\n0 passed, 0 failed$/m);
  });

  it('passes if those that have the title do', async () => {
    const program = await test('test/linked-list.test.ts', '--grep', 'an array');
    expect(program.exit?.status, program.describe()).to.equal(0);
    expect(program.stdout).to.match(/^[1-9]\d* passed, 0 failed$/m);
  });
});
