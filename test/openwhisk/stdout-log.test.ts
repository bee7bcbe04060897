import { expect } from 'chai';

import { withFields } from '../../lib/log.js';
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
    stdoutLog('error', (line) => lines.push(line)).error('internal error', { cause });
    const { cause: shown } = JSON.parse(lines.join()) as { cause: Record<string, unknown> };
    expect(shown).to.include({ name: 'StoreError', message: 'the store failed', stack: cause.stack });
    expect(shown['cause']).to.include({ name: 'TypeError', message: 'the reason' });
  });

  it('shows what the errors say that an error without a message holds', () => {
    const lines: string[] = [];
    const cause = new AggregateError([new Error('connect ECONNREFUSED ::1:8087')]);
    stdoutLog('error', (line) => lines.push(line)).error('riak node down', { cause });
    expect(JSON.parse(lines.join())).to.have.nested.property(
      'cause.message',
      'connect ECONNREFUSED ::1:8087',
    );
  });

  it('has the ids of a run before the fields of its lines, and in no other line', () => {
    const lines: string[] = [];
    const log = stdoutLog('info', (line) => lines.push(line));
    withFields(log, { activationId: 'a1', requestId: 'r1' }).info('inside', { shards: 3 });
    log.info('outside');
    const [inside, outside] = lines.map((line) => Object.keys(JSON.parse(line) as object));
    expect(inside).to.deep.equal(['level', 'time', 'event', 'activationId', 'requestId', 'shards']);
    expect(outside).to.deep.equal(['level', 'time', 'event']);
  });

  it('shows what it can of fields that JSON cannot show, and never throws', () => {
    const lines: string[] = [];
    const log = stdoutLog('error', (line) => lines.push(line));
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const itsOwnCause = new Error('the reason');
    itsOwnCause.cause = itsOwnCause;
    const fields = {
      shards: 3,
      big: 2n ** 64n,
      circular,
      cause: itsOwnCause,
      throwing: {
        toJSON: () => {
          throw new Error('no');
        },
      },
    };
    log.error('event', fields);
    const { time, ...rest } = JSON.parse(lines.join()) as { time: string };
    expect(time).to.match(/^20/);
    expect(rest).to.deep.equal({
      level: 'error',
      event: 'event',
      shards: 3,
      big: '18446744073709551616',
      circular: '[unprintable object]',
      cause: 'Error: the reason',
      throwing: '[unprintable object]',
    });
  });

  it('goes on if nobody takes its lines', () => {
    const log = stdoutLog('error', () => {
      throw new Error('EPIPE');
    });
    expect(() => {
      log.error('event');
    }).to.not.throw();
  });
});
