import { expect } from 'chai';

import { ClientError, Refusal } from '../../lib/bittorrent/errors.js';
import { StoreError, StoreUnavailableError } from '../../lib/store/errors.js';
import { DeadlineError } from '../../lib/tracker/deadlines.js';
import { failureOf, outcomeOf, type Failure } from '../../lib/tracker/failures.js';
import { RecordingLog } from '../support/recording-log.js';

const BUSY = 'the tracker is busy, try again later';

function told(error: unknown): Failure & { log: RecordingLog } {
  const log = new RecordingLog();
  return { ...failureOf(error, 5, log), log };
}

/** The same class in another bundle: equal in name only. */
class Unavailable extends Error {
  override readonly name = 'StoreUnavailableError';
}

describe('what a client is told of a request that failed', () => {
  it('tells a client its own mistake in fixed words, and no log line is written', () => {
    const { reason, retryIn, log } = told(new ClientError('missing port', 'never'));
    expect({ reason, retryIn }).to.deep.equal({ reason: 'missing port', retryIn: 'never' });
    expect(log.lines).to.deep.equal([]);
    expect(told(new ClientError('missing port')).retryIn).to.equal(undefined);
  });

  it('tells when to try again if the tracker is busy, with a warning in the log', () => {
    for (const error of [
      new StoreUnavailableError('10.0.0.1 is down'),
      new Unavailable(),
      new DeadlineError('late'),
    ]) {
      const { reason, retryIn, log } = told(error);
      expect({ reason, retryIn }).to.deep.equal({ reason: BUSY, retryIn: 5 });
      expect(log.lines).to.deep.equal([{ level: 'warn', event: 'tracker busy', fields: { cause: error } }]);
    }
  });

  it('tells nothing of any other error, which is logged with its cause', () => {
    for (const error of [new StoreError('secret'), new TypeError('secret'), 'secret', undefined, null]) {
      const { reason, retryIn, log } = told(error);
      expect({ reason, retryIn }).to.deep.equal({ reason: 'internal error', retryIn: 5 });
      expect(log.lines).to.deep.equal([
        { level: 'error', event: 'internal error', fields: { cause: error } },
      ]);
    }
  });

  it('ended as refused, busy or failed', () => {
    expect(outcomeOf(new Refusal('list', 'not on the list', 'never'))).to.equal('refused');
    expect(outcomeOf(new StoreUnavailableError('down'))).to.equal('busy');
    expect(outcomeOf(new DeadlineError('late'))).to.equal('busy');
    expect(outcomeOf(new StoreError('damaged'))).to.equal('failed');
    expect(outcomeOf(undefined)).to.equal('failed');
  });
});
