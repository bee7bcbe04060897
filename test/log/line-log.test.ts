import { expect } from 'chai';

import { LEVELS, type LogLevel } from '../../lib/log/entry.js';
import { LineLog } from '../../lib/log/line-log.js';
import { Repeats } from '../../lib/log/repeats.js';

const NAMES = ['error', 'warn', 'info', 'debug'] as const;

function subject(least: LogLevel, repeats?: Repeats) {
  const lines: string[] = [];
  const time = { now: 0 };
  const log = new LineLog({
    least,
    format: ({ level, event, fields }) => `${level} ${event} ${JSON.stringify(fields)}`,
    write: (line) => void lines.push(line),
    clock: { now: () => time.now },
    ...(repeats === undefined ? {} : { repeats }),
  });
  return { log, lines, time };
}

describe('a log of lines', () => {
  it('writes each event in the format that it is given', () => {
    const { log, lines } = subject('debug');
    for (const level of NAMES) log[level]('happened', { level });
    expect(lines).to.deep.equal(NAMES.map((level) => `${level} happened {"level":"${level}"}`));
  });

  it('leaves out what is less important than its level', () => {
    for (const least of LEVELS) {
      const { log, lines } = subject(least);
      for (const level of NAMES) log[level]('x');
      expect(lines).to.have.length(LEVELS.indexOf(least));
    }
  });

  it('writes what repeats once, at every level, and its count when that is due', () => {
    const { log, lines, time } = subject('debug', new Repeats());
    for (const level of NAMES) for (let i = 0; i < 1000; i++) log[level]('x');
    expect(lines).to.have.length(4);
    time.now = 30_000;
    log.writeCounts();
    expect(lines.slice(4)).to.deep.equal(NAMES.map((level) => `${level} x {"repeated":999,"seconds":30}`));
    log.info('x');
    log.writeLastCounts();
    expect(lines.at(-1)).to.equal('info x {"repeated":1,"seconds":0}');
  });

  it('writes all that repeats if nothing counts it', () => {
    const { log, lines } = subject('info');
    for (let i = 0; i < 50; i++) log.info('x');
    expect(lines).to.have.length(50);
  });

  it('goes on if nobody takes its lines, or a line cannot be made', () => {
    const throwing = (): never => {
      throw new Error('EPIPE');
    };
    const clock = { now: () => 0 };
    for (const parts of [
      { format: () => '', write: throwing },
      { format: throwing, write: () => undefined },
    ]) {
      expect(() => {
        new LineLog({ least: 'error', clock, ...parts }).error('x');
      }).to.not.throw();
    }
  });
});
