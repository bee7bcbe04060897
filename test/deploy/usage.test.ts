import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { startProgram, type RunningProgram } from '../support/running-program.js';

const commands = [
  ['deploy/nginx/render.mjs', 'node deploy/nginx/render.mjs', ['--settings', '--output']],
] as const;

describe('A command that deploys', () => {
  async function run(script: string, args: readonly string[]): Promise<RunningProgram> {
    const path = fileURLToPath(new URL(`../../${script}`, import.meta.url));
    const program = await startProgram(process.execPath, [path, ...args], {
      env: { PATH: process.env['PATH'] },
    });
    await program.ended;
    return program;
  }

  for (const [script, name, options] of commands) {
    it(`${name} says how it is used, without any setting, and ends with status 0`, async () => {
      for (const help of ['--help', '-h']) {
        const { exit, stdout, stderr } = await run(script, [help]);
        expect([exit?.status, stderr]).to.deep.equal([0, '']);
        expect(stdout).to.match(new RegExp(`^Usage: ${name} \\[`));
        for (const option of options) expect(stdout).to.match(new RegExp(`^ {2}${option}\\b`, 'm'));
      }
    });

    it(`${name} refuses an option that it does not know`, async () => {
      const { exit, stdout, stderr } = await run(script, ['--hlep']);
      expect(exit?.status).to.be.above(0);
      expect(stdout).to.equal('');
      expect(stderr).to.match(/^Unknown option '--hlep'/);
    });
  }
});
