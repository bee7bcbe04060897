import { EventEmitter } from 'node:events';
import { expect } from 'chai';

import { createLog, logConsole, logWarnings } from '../../lib/standalone/log.js';

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
});
