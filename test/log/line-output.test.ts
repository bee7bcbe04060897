import { expect } from 'chai';
import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';

import { LineOutput } from '../../lib/log/line-output.js';

/** Something to write to that takes as many bytes as it is told to, and throws if that is none. */
class Sink {
  room = Infinity;
  taken = '';

  readonly write = (bytes: Buffer): number => {
    const length = Math.min(bytes.length, this.room);
    if (length === 0) throw new Error('EAGAIN');
    this.room -= length;
    this.taken += bytes.toString('latin1', 0, length);
    return length;
  };
}

function subject(maxBytes?: number): { sink: Sink; output: LineOutput } {
  const sink = new Sink();
  return { sink, output: new LineOutput(sink.write, (lines) => `lost ${lines}`, maxBytes) };
}

describe('an output of lines', () => {
  it('writes a line at once', () => {
    const { sink, output } = subject();
    output.write('one');
    output.write('two');
    expect(sink.taken).to.equal('one\ntwo\n');
  });

  it('keeps what cannot be written, and writes it by itself when it can', async () => {
    const { sink, output } = subject();
    sink.room = 2;
    output.write('one');
    output.write('two');
    expect(sink.taken).to.equal('on');
    sink.room = Infinity;
    await delay(300);
    expect(sink.taken).to.equal('one\ntwo\n');
  });

  it('never throws, keeps no more than its bound, and says how many lines were lost', () => {
    const { sink, output } = subject(100);
    sink.room = 0;
    for (let i = 0; i < 1000; i++) output.write('123456789');
    sink.room = Infinity;
    output.flush();
    expect(sink.taken).to.equal(`${'123456789\n'.repeat(10)}lost 990\n`);
    output.write('more');
    expect(sink.taken.slice(-5)).to.equal('more\n');
  });

  it('writes lines whole and in their order, and accounts for each, whatever room there is', () => {
    const step = fc.record({ line: fc.stringMatching(/^[a-z]{0,30}$/), room: fc.nat({ max: 60 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 40, max: 200 }), (steps, maxBytes) => {
        const { sink, output } = subject(maxBytes);
        sink.room = 0;
        for (const { line, room } of steps) {
          sink.room = room;
          output.write(`<${line}`);
          output.flush();
        }
        sink.room = Infinity;
        output.flush();
        const written = sink.taken.split('\n').slice(0, -1);
        let lost = 0;
        let next = 0;
        for (const line of written) {
          const count = /^lost (\d+)$/.exec(line)?.[1];
          if (count !== undefined) {
            lost += Number(count);
            continue;
          }
          while (next < steps.length && `<${steps[next]?.line ?? ''}` !== line) next++;
          expect(next, `"${line}" was not given, or not then`).to.be.below(steps.length);
          next++;
        }
        expect(written.filter((line) => line.startsWith('<')).length + lost).to.equal(steps.length);
      }),
    );
  });
});
