import { expect } from 'chai';

import { messageOf } from '../lib/error-message.js';

describe('what an error says', () => {
  it('is its message', () => {
    expect(messageOf(new TypeError('not a function'))).to.equal('not a function');
    expect(messageOf(new AggregateError([new Error('one')], 'all of them failed'))).to.equal(
      'all of them failed',
    );
  });

  it('is, if it has none, what the errors in it say', () => {
    const error = new AggregateError([new Error('connect ECONNREFUSED ::1:8087'), 'no route']);
    expect(messageOf(error)).to.equal('connect ECONNREFUSED ::1:8087; no route');
  });

  it('is nothing if nobody said anything', () => {
    expect(messageOf(new Error())).to.equal('');
    expect(messageOf(new AggregateError([]))).to.equal('');
  });
});
