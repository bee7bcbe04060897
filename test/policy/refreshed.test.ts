import { expect } from 'chai';

import { Refreshed } from '../../lib/policy/refreshed.js';
import { RecordingLog } from '../support/recording-log.js';
import { rejectionOf } from '../support/rejection.js';

describe('a value that is read now and then', () => {
  let milliseconds: number;
  let reads: number;
  let problem: Error | undefined;
  let log: RecordingLog;
  let value: Refreshed<number>;

  beforeEach(() => {
    milliseconds = 1_700_000_000_000;
    reads = 0;
    problem = undefined;
    log = new RecordingLog();
    value = new Refreshed({
      name: 'number',
      read: () => (problem === undefined ? Promise.resolve(++reads) : Promise.reject(problem)),
      seconds: 60,
      clock: { now: () => milliseconds },
      log,
    });
  });

  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('is read once for all who ask first, and then is at hand', async () => {
    expect(await Promise.all([value.get(), value.get()])).to.deep.equal([1, 1]);
    milliseconds += 29_999;
    expect(value.get()).to.equal(1);
    expect(reads).to.equal(1);
  });

  it('is read beside the work when half of its time is over', async () => {
    await value.get();
    milliseconds += 30_000;
    expect(value.get()).to.equal(1);
    await settled();
    expect(value.get()).to.equal(2);
    expect(reads).to.equal(2);
  });

  it('is waited for after a pause, so that no older one is used', async () => {
    await value.get();
    milliseconds += 60_000;
    expect(value.get()).to.be.instanceOf(Promise);
    expect(await value.get()).to.equal(2);
  });

  it('is not older for a clock that was set back', async () => {
    await value.get();
    milliseconds -= 3_600_000;
    expect(await value.get()).to.equal(2);
  });

  it('that cannot be read at all is a failure of each who asks', async () => {
    problem = new Error('silent');
    expect(await rejectionOf(Promise.resolve(value.get()))).to.equal(problem);
    problem = undefined;
    expect(await value.get()).to.equal(1);
  });

  it('stays as it was known while it cannot be read, with one line in the log and few tries', async () => {
    await value.get();
    problem = new Error('silent');
    for (let second = 0; second < 600; second++) {
      milliseconds += 1000;
      expect(await value.get()).to.equal(1);
      await settled();
    }
    expect(log.lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal(['error number not read']);
    expect(value.problem).to.equal(problem);
    expect(value.knownAt).to.equal(1_700_000_000_000);

    problem = undefined;
    milliseconds += 15_000;
    expect(value.get()).to.equal(1);
    await settled();
    expect(value.get()).to.equal(2);
    expect(log.lines.at(-1)).to.include({ level: 'warn', event: 'number read again' });
  });

  it('that cannot be read is not asked for by each who needs it', async () => {
    await value.get();
    problem = new Error('silent');
    milliseconds += 60_000;
    await value.get();
    problem = undefined;
    for (let ask = 0; ask < 1000; ask++) expect(value.get()).to.equal(1);
    await settled();
    expect(reads).to.equal(1);
  });
});
