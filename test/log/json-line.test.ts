import { expect } from 'chai';

import { jsonLine } from '../../lib/log/json-line.js';
import type { LogFields } from '../../lib/log.js';
import { StoreError } from '../../lib/store/errors.js';

function shown(fields: LogFields): Record<string, unknown> {
  const line = jsonLine({ level: 'error', time: 1_700_000_000_000, event: 'happened', fields });
  expect(line).to.not.include('\n');
  return JSON.parse(line) as Record<string, unknown>;
}

describe('a line of the log', () => {
  it('is JSON in one line: level, time and event before the fields', () => {
    const line = shown({ port: 6969, text: 'two\nlines' });
    expect(Object.entries(line)).to.deep.equal([
      ['level', 'error'],
      ['time', '2023-11-14T22:13:20.000Z'],
      ['event', 'happened'],
      ['port', 6969],
      ['text', 'two\nlines'],
    ]);
  });

  it('shows an error with its class, message and causes', () => {
    const { cause } = shown({ cause: new StoreError('outer', { cause: new RangeError('inner') }) });
    expect(cause).to.nested.include({ name: 'StoreError', message: 'outer', 'cause.name': 'RangeError' });
    expect(cause).to.have.nested.property('cause.message', 'inner');
  });

  it('shows the stack of an error that nobody has foreseen, and of no other', () => {
    const system = Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' });
    expect(shown({ cause: new TypeError('a bug') })).to.have.nested.property('cause.stack');
    expect(shown({ cause: new Error('of a library') })).to.have.nested.property('cause.stack');
    expect(shown({ cause: new StoreError('full', { cause: system }) })['cause']).to.deep.equal({
      name: 'StoreError',
      message: 'full',
      cause: { name: 'Error', message: 'connect ECONNREFUSED' },
    });
  });

  it('shows what the errors say that an error without a message holds', () => {
    const cause = new AggregateError([new Error('connect ECONNREFUSED ::1:8087')]);
    expect(shown({ cause })).to.have.nested.property('cause.message', 'connect ECONNREFUSED ::1:8087');
  });

  it('ends a circle of causes, and cuts what is very long', () => {
    const error = new StoreError('circle');
    error.cause = error;
    expect(JSON.stringify(shown({ cause: error })).length).to.be.below(1000);
    expect(JSON.stringify(shown({ text: 'x'.repeat(1_000_000) })).length).to.be.below(5000);
  });

  it('shows what it can of fields that JSON cannot show', () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const throwing = {
      toJSON: () => {
        throw new Error('no');
      },
    };
    const { time, ...rest } = shown({ shards: 3, big: 2n ** 64n, circular, throwing });
    expect(time).to.match(/^20/);
    expect(rest).to.deep.equal({
      level: 'error',
      event: 'happened',
      shards: 3,
      big: '18446744073709551616',
      circular: '[unprintable object]',
      throwing: '[unprintable object]',
    });
  });

  it('never shows fields that may hold secrets or what a client asked for', () => {
    const line = JSON.stringify(shown({ password: 'hidden1', uri: 'hidden2', more: { headers: 'hidden3' } }));
    expect(line).not.to.contain('hidden');
  });
});
