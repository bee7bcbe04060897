/** The standalone process as `npm start` and the commands begin it. */
import { expect } from 'chai';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startProgram } from '../../support/running-program.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What Node runs. */
export const entry = join(root, 'deploy/standalone/start.mjs');

/**
 * Builds before the tests of the suite that calls it, if anything is not built: none of them is to
 * wait for that.
 */
export function buildFirst(): void {
  before(async function () {
    this.timeout(120_000);
    const program = await startProgram(process.execPath, [join(root, 'scripts/build.mjs')]);
    expect((await program.ended).status, program.describe()).to.equal(0);
  });
}
