import { expect } from 'chai';
import fc from 'fast-check';

import type { LogEntry } from '../../lib/log/entry.js';
import { textLine } from '../../lib/log/text-line.js';
import type { LogFields } from '../../lib/log.js';
import { StoreError } from '../../lib/store/errors.js';

const plain = textLine({ hasColours: false, timeText: () => '12:00:00' });

function line(event: string, fields: LogFields = {}, level: LogEntry['level'] = 'warn'): string {
  return plain({ level, time: 0, event, fields });
}

describe('A line of the log for people', () => {
  it('has the time, the level, and what happened', () => {
    expect(line('listening', {}, 'info')).to.equal('12:00:00 info  Answering requests');
    expect(line('riak node down', {}, 'error')).to.equal('12:00:00 error Riak node down');
  });

  it('has the local time of day, with the date', () => {
    const time = new Date(2026, 0, 31, 9, 5, 7).getTime();
    const written = textLine({ hasColours: false })({ level: 'info', time, event: 'idle', fields: {} });
    expect(written).to.match(/^2026-01-31 09:05:07 info /);
  });

  it('says why in a few words: what failed, and what the system said', () => {
    const system = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { syscall: 'connect' });
    const cause = new StoreError('no node of Riak can be reached', { cause: system });
    expect(line('tracker busy', { cause })).to.equal(
      '12:00:00 warn  A client was told to try again: no node of Riak can be reached: connect ECONNREFUSED 127.0.0.1:9',
    );
  });

  it('has the fields in words, with units, and what they mean at its end', () => {
    expect(line('stopped', { leftMs: 4498, udpPort: 6969, isEmpty: false, none: undefined })).to.equal(
      '12:00:00 warn  Stopped: left 4498 ms, UDP port 6969, is empty false',
    );
    expect(line('proxy not trusted', { address: '10.0.0.1', meaning: 'name it' })).to.match(
      /: address 10\.0\.0\.1; name it$/,
    );
  });

  it('says how often it came again', () => {
    expect(line('tracker busy', { repeated: 499, seconds: 30, cause: 'StoreError: full' })).to.match(
      /: 499 times more in 30 s; StoreError: full$/,
    );
    expect(line('purged', { seconds: 2, swarms: 3 })).to.match(/Purged: seconds 2, swarms 3$/);
  });

  it('leaves out what is for programs: lists of objects', () => {
    expect(line('purged', { swarms: 1, largest: [{ infohash: 'a' }], ports: [1, 2] })).to.match(
      /: swarms 1, ports 1 2$/,
    );
  });

  it('shows the stack of an error that nobody has foreseen, and of no other', () => {
    const [first, ...frames] = line('internal error', { cause: new TypeError('a bug') }, 'error').split('\n');
    expect(first).to.equal('12:00:00 error A request failed: a bug');
    expect(frames[0]).to.match(/^ +at .*text-line\.test\.ts:\d+/);
    expect(line('internal error', { cause: new StoreError('full') })).to.not.contain('\n');
    const inner = new StoreError('outer', { cause: new TypeError('a bug') });
    expect(line('internal error', { cause: inner }).split('\n')[1]).to.match(/^ +at /);
  });

  it('shows the stack that is a field of its own once', () => {
    const cause = new StoreError('full');
    const text = line('uncaught exception', { stack: cause.stack, cause }, 'error');
    expect(text.split('\n')[0]).to.match(/Uncaught exception: full$/);
    expect(text.split('\n')[1]).to.match(/^ +at /);
  });

  it('never shows fields that may hold secrets or what a client asked for', () => {
    const text = line('x', { password: 'hidden1', url: 'hidden2', more: { headers: 'hidden3' } });
    expect(text).to.not.contain('hidden');
  });

  it('has colours by its level if the terminal has any', () => {
    const entry = { time: 0, event: 'idle', fields: {} };
    const coloured = textLine({ hasColours: true, timeText: () => 'now' });
    expect(coloured({ ...entry, level: 'error' })).to.contain('\u001b[31merror\u001b[0m');
    expect(coloured({ ...entry, level: 'warn' })).to.contain('\u001b[33mwarn \u001b[0m');
  });

  it('is printable text in one line, whatever the fields hold, if no stack follows', () => {
    const values = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.anything(),
      fc.constant('\u001b[2J\u202e\r\n'),
      fc.string().map((message) => new StoreError(message)),
    );
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), values), (event, fields) => {
        const text = line(event, { ...fields, stack: undefined });
        const first = text.split('\n')[0] ?? '';
        expect(first).to.match(/^12:00:00 warn {2}/);
        expect(first).to.not.match(/[\p{Cc}\p{Cf}]/u);
        expect(first.length).to.be.below(2100);
      }),
    );
  });

  it('shows what it can of fields that cannot be shown', () => {
    const throwing = {
      toJSON: () => {
        throw new Error('no');
      },
    };
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(line('x', { shards: 3, big: 2n ** 64n, throwing, circular })).to.equal(
      '12:00:00 warn  X: shards 3, big 18446744073709551616, throwing [unprintable], circular [unprintable]',
    );
  });
});
