import { expect } from 'chai';
import { ClientError } from '../../lib/bittorrent/errors.js';

describe('ClientError', () => {
  it('is an error with a name, the text for the client and when to try again', () => {
    const error = new ClientError('missing port', 'never');
    expect(error).to.be.instanceOf(Error);
    expect(error).to.include({ name: 'ClientError', message: 'missing port', retryIn: 'never' });
    expect(new ClientError('try later', 5).retryIn).to.equal(5);
    expect(new ClientError('missing port').retryIn).to.equal(undefined);
  });

  it('keeps its cause for the log', () => {
    const cause = new Error('inner');
    expect(new ClientError('try later', 1, { cause }).cause).to.equal(cause);
  });
});
