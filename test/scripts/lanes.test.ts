import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { lanesOf, WAITING } from '../../scripts/test/lanes.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const every = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/${file}`)
  .sort();

describe('the lanes of npm test', () => {
  it('have each test once', () => {
    const lanes = lanesOf(root, 2);
    expect(lanes).to.have.length(2);
    expect(lanes.flat().sort()).to.deep.equal(every);
  });

  it('are one where there is one processor', () => {
    expect(lanesOf(root, 1)).to.deep.equal([every]);
  });

  it('name folders that have tests', () => {
    for (const folder of WAITING) {
      expect(
        every.some((file) => file.startsWith(`test/${folder}/`)),
        folder,
      ).to.equal(true);
    }
  });
});
