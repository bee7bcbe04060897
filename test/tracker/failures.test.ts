import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';

import { ClientError } from '../../lib/protocol/errors.js';
import { StoreError, StoreUnavailableError } from '../../lib/store/errors.js';
import { DeadlineError, failureReply, withinDeadline } from '../../lib/tracker/failures.js';
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

describe('an answer with a deadline', () => {
  it('is the answer if it comes in time', async () => {
    expect(await withinDeadline(Promise.resolve(7), 1000)).to.equal(7);
    const failure = new Error('the cause');
    expect(await withinDeadline(Promise.reject(failure), 1000).catch((error: unknown) => error)).to.equal(
      failure,
    );
  });

  it('leaves no timer behind that would keep the process alive', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    // The timer of the test itself starts first.
    await new Promise(setImmediate);
    const before = timers();
    await withinDeadline(Promise.resolve(7), 60_000);
    await new Promise(setImmediate);
    expect(timers()).to.equal(before);
  });

  it('is a DeadlineError if it does not', async () => {
    const never = new Promise(() => undefined);
    const failure: unknown = await withinDeadline(never, 10).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(DeadlineError);
    expect(failure).to.have.property('message', 'no answer within 10 ms');
  });

  it('stays so when what it waited for fails later', async () => {
    const late = delay(20).then(() => Promise.reject(new Error('late')));
    const failure: unknown = await withinDeadline(late, 5).catch((error: unknown) => error);
    await delay(30);
    expect(failure).to.be.instanceOf(DeadlineError);
  });
});
