import { expect } from 'chai';

import { ClientError } from '../../lib/bittorrent/errors.js';
import { StoreError, StoreUnavailableError } from '../../lib/store/errors.js';
import { DeadlineError } from '../../lib/tracker/deadlines.js';
import { failureReply } from '../../lib/tracker/failures.js';
import { RecordingLog } from '../support/recording-log.js';
import { Reply } from './tracker-site.js';

const BUSY = 'the tracker is busy, try again later';

function replyTo(error: unknown): { reason: string | undefined; retryIn: unknown; log: RecordingLog } {
  const log = new RecordingLog();
  const reply = new Reply(failureReply(error, 5, log));
  return { reason: reply.text('failure reason'), retryIn: reply.get('retry in'), log };
}

/** The same class in another bundle: equal in name only. */
class Unavailable extends Error {
  override readonly name = 'StoreUnavailableError';
}

describe('the reply to a request that failed', () => {
  it('tells a client its own mistake in fixed words, and no log line is written', () => {
    const { reason, retryIn, log } = replyTo(new ClientError('missing port', 'never'));
    expect({ reason, retryIn }).to.deep.equal({ reason: 'missing port', retryIn: Buffer.from('never') });
    expect(log.lines).to.deep.equal([]);
    expect(replyTo(new ClientError('missing port')).retryIn).to.equal(undefined);
  });

  it('tells when to try again if the tracker is busy, with a warning in the log', () => {
    for (const error of [
      new StoreUnavailableError('10.0.0.1 is down'),
      new Unavailable(),
      new DeadlineError('late'),
    ]) {
      const { reason, retryIn, log } = replyTo(error);
      expect({ reason, retryIn }).to.deep.equal({ reason: BUSY, retryIn: 5 });
      expect(log.lines).to.deep.equal([{ level: 'warn', event: 'tracker busy', fields: { cause: error } }]);
    }
  });

  it('tells nothing of any other error, which is logged with its cause', () => {
    for (const error of [new StoreError('secret'), new TypeError('secret'), 'secret', undefined, null]) {
      const { reason, retryIn, log } = replyTo(error);
      expect({ reason, retryIn }).to.deep.equal({ reason: 'internal error', retryIn: 5 });
      expect(log.lines).to.deep.equal([
        { level: 'error', event: 'internal error', fields: { cause: error } },
      ]);
    }
  });
});
