import { readFileSync } from 'node:fs';
import { expect } from 'chai';

import { VERSION } from '../../lib/version.js';
import packageJson from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };

const changelog = readFileSync('CHANGELOG.md', 'utf8');

describe('a release', () => {
  it('has one version: that of package.json, which the lock repeats and the program shows', () => {
    expect([lock.version, lock.packages[''].version, VERSION]).to.deep.equal(
      Array(3).fill(packageJson.version),
    );
  });

  it('has its changes in the changelog, under its version', () => {
    expect(changelog).to.match(new RegExp(`^## \\[${packageJson.version.replaceAll('.', '\\.')}\\]`, 'm'));
    expect(changelog).to.match(/^## \[Unreleased\]/m);
  });

  it('follows the checklist, which names no file that is not there', () => {
    const document = readFileSync('docs/release.md', 'utf8');
    for (const [, file = ''] of document.matchAll(/(?:-- |-f )((?:test|deploy)\/\S+)/g)) {
      expect(() => readFileSync(file.replace(/`.*/, ''))).to.not.throw();
    }
  });
});
