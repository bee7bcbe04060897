import { expect } from 'chai';

import { stdoutLog } from '../../lib/openwhisk/stdout-log.js';
import { StoreError } from '../../lib/store/errors.js';

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

describe('the log of an action', () => {
  it('is one JSON line for each event, with its time and fields', () => {
    const lines: string[] = [];
    stdoutLog('debug', (line) => lines.push(line)).info('ready', { shards: 3, text: 'a\nb' });
    expect(lines).to.have.length(1);
    const [line = ''] = lines;
    expect(line).to.not.include('\n');
    const { time, ...rest } = JSON.parse(line) as { time: string };
    expect(rest).to.deep.equal({ level: 'info', event: 'ready', shards: 3, text: 'a\nb' });
    expect(Math.abs(Date.parse(time) - Date.now())).to.be.below(60_000);
  });

  it('leaves out what is less important than asked for', () => {
    const written = (least: Parameters<typeof stdoutLog>[0]): string[] => {
      const lines: string[] = [];
      const log = stdoutLog(least, (line) => lines.push(line));
      for (const level of LEVELS) log[level]('event');
      return lines.map((line) => (JSON.parse(line) as { level: string }).level);
    };
    expect(written('silent')).to.deep.equal([]);
    expect(written('error')).to.deep.equal(['error']);
    expect(written('warn')).to.deep.equal(['error', 'warn']);
    expect(written('debug')).to.deep.equal(LEVELS);
  });

  it('shows an error with its class, message, stack and causes', () => {
    const lines: string[] = [];
    const cause = new StoreError('the store failed', { cause: new TypeError('the reason') });
    stdoutLog('error', (line) => lines.push(line)).error('internal-error', { cause });
    const { cause: shown } = JSON.parse(lines.join()) as { cause: Record<string, unknown> };
    expect(shown).to.include({ name: 'StoreError', message: 'the store failed', stack: cause.stack });
    expect(shown['cause']).to.include({ name: 'TypeError', message: 'the reason' });
  });
});
