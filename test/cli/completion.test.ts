import { execFileSync } from 'node:child_process';
import { expect } from 'chai';

import { completionScript } from '../../lib/cli/completion.mjs';
import { COMMANDS } from '../../lib/cli/commands.mjs';
import { describeWith, installed } from '../support/programs.js';
import { runTracker } from './run-tracker.js';

/** What is typed, and some of what may come next. */
const typed = [
  ['tracker ', COMMANDS.map(({ name }) => name), ['add', '--settings']],
  ['tracker st', ['start'], ['scrape']],
  ['tracker list ', ['add', 'export'], ['start']],
  ['tracker list add --', ['--settings', '--help'], ['--force']],
  ['tracker deploy --', ['--settings', '--preview', '--schedule', '--force'], ['--scrape']],
  ['tracker completion ', ['bash', 'zsh', 'fish'], ['start']],
] as const;

describe('tracker completion', () => {
  it('prints a script for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      expect(await runTracker(['completion', shell])).to.deep.equal({
        status: 0,
        stdout: completionScript(shell),
        stderr: '',
      });
    }
  });

  const completes = (complete: (line: string) => string[]): void => {
    for (const [line, expected, others] of typed) {
      it(`completes "${line}"`, () => {
        const words = complete(line);
        expect(words).to.include.members([...expected]);
        for (const other of others) expect(words).to.not.include(other);
      });
    }
  };

  describe('in bash', () => {
    completes((line) => {
      const words = line.split(' ');
      const quoted = words.map((word) => `'${word}'`).join(' ');
      const script = `${completionScript('bash')}
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _tracker; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    });
  });

  describeWith([installed('fish')], 'in fish', () => {
    completes((line) => {
      const script = `${completionScript('fish')}\ncomplete -C '${line}'`;
      return execFileSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .map((candidate) => candidate.split('\t')[0] ?? '');
    });
  });

  describeWith([installed('zsh')], 'in zsh', () => {
    it('is taken by compinit and bashcompinit without a word', () => {
      const script = `autoload -U compinit && compinit -u -D\n${completionScript('zsh')}\nprint \${_comps[tracker]}`;
      expect(execFileSync('zsh', ['-f', '-c', script], { encoding: 'utf8' })).to.match(
        /^_bash_complete .*_tracker\n$/,
      );
    });
  });
});
