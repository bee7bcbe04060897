import { EventEmitter } from 'node:events';
import { expect } from 'chai';

import { jsonLine } from '../../lib/log/json-line.js';
import { createLog, logConsole, logFormat, logWarnings } from '../../lib/standalone/log.js';

function subject(level: Parameters<typeof createLog>[0]) {
  const lines: string[] = [];
  const log = createLog(level, (line: string) => void lines.push(line));
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the log of the standalone process', () => {
  it('writes one line of JSON an event', () => {
    const { log, entries } = subject('info');
    log.info('listening', { port: 6969 });
    expect(entries()).to.have.length(1);
    expect(entries()[0]).to.include({ level: 'info', event: 'listening', port: 6969 });
    expect(entries()[0]?.['time']).to.match(/^\d{4}-\d\d-\d\dT/);
  });

  it('takes at most 200 KB for 100,000 failures, the same or different ones', () => {
    const { log, lines } = subject('debug');
    for (let i = 0; i < 50_000; i++) {
      log.warn('tracker busy', { cause: new Error('no node of Riak can be reached') });
      log.error('shard damaged', { key: i, cause: new Error(`checksum ${i}`) });
    }
    log.writeLastCounts();
    expect(lines.join('\n').length).to.be.below(200_000);
    expect(lines.join('\n')).to.contain('"repeated":49999').and.to.contain('"repeated":49990');
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

  it('has the warnings of Node, which then prints none', () => {
    const { log, entries } = subject('warn');
    const process = new EventEmitter();
    let printed = 0;
    process.on('warning', () => printed++);
    logWarnings(log, process as NodeJS.Process);
    process.emit('warning', Object.assign(new Error('too many listeners'), { name: 'Warning' }));
    expect(entries()[0]).to.have.nested.property('cause.message', 'too many listeners');
    expect(printed).to.equal(0);
  });

  it('is for people on a terminal and JSON elsewhere, unless LOG_FORMAT says which', () => {
    const entry = { level: 'warn', time: 0, event: 'idle', fields: {} } as const;
    const isJson = (...args: Parameters<typeof logFormat>): boolean => logFormat(...args) === jsonLine;
    expect([isJson('auto', {}, true), isJson('auto', {}, false)]).to.deep.equal([false, true]);
    expect([isJson('json', {}, true), isJson('text', {}, false)]).to.deep.equal([true, false]);
    expect(logFormat('text', {}, false)(entry)).to.match(/ warn {2}Nothing was asked/);
  });

  it('has colours on a terminal that has some, and not with NO_COLOR or in a file', () => {
    const entry = { level: 'warn', time: 0, event: 'idle', fields: {} } as const;
    const hasColours = (...args: Parameters<typeof logFormat>): boolean =>
      logFormat(...args)(entry).includes('\u001b[33m');
    expect(hasColours('auto', { TERM: 'xterm' }, true)).to.equal(true);
    expect(hasColours('auto', { NO_COLOR: '' }, true)).to.equal(true);
    expect(hasColours('auto', { NO_COLOR: '1' }, true)).to.equal(false);
    expect(hasColours('auto', { TERM: 'dumb' }, true)).to.equal(false);
    expect(hasColours('text', {}, false)).to.equal(false);
  });
});
