import { expect } from 'chai';

import { Progress, withProgress } from '../lib/progress.mjs';
import { rejectionOf } from './support/rejection.js';

interface Written {
  text: string;
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

function stream(isTTY: boolean, columns = 80): Written {
  return {
    text: '',
    isTTY,
    columns,
    write(text) {
      this.text += text;
    },
  };
}

/** What a terminal shows in the end: each line as it was last drawn. */
function shownBy({ text }: Written): string {
  return text
    .split('\n')
    .map((line) => line.split('\r\x1b[K').at(-1))
    .join('\n');
}

describe('the progress of a piece of work', () => {
  let nowMs = 0;
  const now = (): number => nowMs;
  const environment = { TERM: 'xterm' };

  beforeEach(() => {
    nowMs = 0;
  });

  it('is one line on a terminal that says how long it takes and how far it is, and goes away', () => {
    const terminal = stream(true);
    const progress = new Progress('Building', { stream: terminal, now, environment });
    expect(shownBy(terminal)).to.equal('Building ... 0 s');
    nowMs = 12_900;
    progress.update('40%');
    expect(shownBy(terminal)).to.equal('Building ... 40%, 12 s');
    progress.interrupt(() => {
      terminal.write('a line\n');
    });
    expect(shownBy(terminal)).to.equal('a line\nBuilding ... 40%, 12 s');
    progress.end();
    expect(shownBy(terminal)).to.equal('a line\n');
    progress.update('41%');
    expect(shownBy(terminal)).to.equal('a line\n');
  });

  it('is a plain line elsewhere, without codes of a terminal', () => {
    for (const options of [
      { stream: stream(false), now, environment },
      { stream: stream(true), now, environment: { TERM: 'dumb' } },
    ]) {
      const progress = new Progress('Building', options);
      progress.update('40%');
      progress.interrupt(() => {
        options.stream.write('a line\n');
      });
      progress.end();
      expect(options.stream.text).to.equal('Building ...\na line\n');
    }
  });

  it('can be silent elsewhere', () => {
    const file = stream(false);
    new Progress('Purging', { stream: file, now, environment, isPlainSilent: true }).end();
    expect(file.text).to.equal('');
  });

  it('is never longer than a line of the terminal', () => {
    const terminal = stream(true, 10);
    new Progress('Building something', { stream: terminal, now, environment }).end();
    for (const line of terminal.text.split('\r\x1b[K')) expect(line.length).to.be.below(10);
  });

  it('goes away also if the work fails', async () => {
    const terminal = stream(true);
    const work = withProgress('Building', () => Promise.reject(new Error('no')), {
      stream: terminal,
      now,
      environment,
    });
    expect(await rejectionOf(work)).to.have.property('message', 'no');
    expect(shownBy(terminal)).to.equal('');
  });
});
