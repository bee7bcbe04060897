import { expect } from 'chai';

import { createLog, logConsole } from '../../lib/standalone/log.js';

function subject(level: Parameters<typeof createLog>[0]) {
  const lines: string[] = [];
  const log = createLog(level, { write: (line: string) => void lines.push(line) });
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the log', () => {
  it('writes one line of JSON an event', () => {
    const { log, lines, entries } = subject('info');
    log.info('listening', { port: 6969, text: 'two\nlines' });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^[^\n]*\n$/);
    expect(entries()[0]).to.include({ level: 'info', event: 'listening', port: 6969 });
    expect(entries()[0]?.['time']).to.match(/^\d{4}-\d\d-\d\dT/);
  });

  it('leaves out what is less important than its level', () => {
    const { log, entries } = subject('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(entries().map((entry) => entry['event'])).to.deep.equal(['c', 'd']);
  });

  it('has what a library prints, and only if it is asked for', () => {
    for (const [level, lines] of [
      ['debug', 2],
      ['info', 0],
    ] as const) {
      const { log, entries } = subject(level);
      const library = { error: () => undefined, warn: () => undefined } as Pick<Console, 'error' | 'warn'>;
      logConsole(log, library);
      library.error(new Error('Input/output error'));
      library.warn('deprecated', 1);
      expect(entries()).to.have.length(lines);
      if (lines === 0) continue;
      expect(entries()[0]).to.have.nested.property('cause.message', 'Input/output error');
      expect(entries()[1]).to.deep.include({ level: 'debug', cause: ['deprecated', '1'] });
    }
  });

  it('writes nothing when it is silent', () => {
    const { log, lines } = subject('silent');
    log.error('a');
    expect(lines).to.deep.equal([]);
  });

  it('writes a cause with its name, message and stack, and its own causes', () => {
    const { log, entries } = subject('warn');
    log.error('failed', { cause: new TypeError('outer', { cause: new RangeError('inner') }) });
    const cause = entries()[0]?.['cause'] as Record<string, Record<string, unknown>>;
    expect(cause).to.include({ name: 'TypeError', message: 'outer' });
    expect(cause['stack']).to.contain('log.test');
    expect(cause['cause']).to.include({ name: 'RangeError', message: 'inner' });
  });

  it('writes what the errors say that an error without a message holds', () => {
    const { log, entries } = subject('warn');
    const cause = new AggregateError([new Error('connect ECONNREFUSED ::1:8087')]);
    log.warn('riak node down', { cause });
    expect(entries()[0]).to.have.nested.property('cause.message', 'connect ECONNREFUSED ::1:8087');
  });

  it('ends a circle of causes', () => {
    const { log, lines } = subject('warn');
    const error = new Error('circle');
    error.cause = error;
    log.error('failed', { cause: error });
    expect(lines).to.have.length(1);
  });

  it('never shows fields that may hold secrets or what a client asked for', () => {
    const { log, lines } = subject('warn');
    log.warn('x', { password: 'hidden1', uri: 'hidden2', headers: { a: 'hidden3' } });
    expect(lines[0]).not.to.contain('hidden');
  });
});
