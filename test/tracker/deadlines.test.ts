import { expect } from 'chai';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { DeadlineError, Deadlines } from '../../lib/tracker/deadlines.js';

/** Both ends of a connection. */
async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[near]] = await Promise.all([accepted, once(far, 'connect')]);
  server.close();
  return [near, far];
}

describe('an answer with a deadline', () => {
  it('is the answer if it comes in time', async () => {
    expect(await new Deadlines(1000).within(Promise.resolve(7))).to.equal(7);
    const failure = new Error('the cause');
    expect(
      await new Deadlines(1000).within(Promise.reject(failure)).catch((error: unknown) => error),
    ).to.equal(failure);
  });

  it('leaves no timer behind that would keep the process alive', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    // The timer of the test itself starts first.
    await new Promise(setImmediate);
    const before = timers();
    await new Deadlines(60_000).within(Promise.resolve(7));
    await new Promise(setImmediate);
    expect(timers()).to.equal(before);
  });

  it('keeps the process alive while it is awaited, also after others were', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const deadlines = new Deadlines(60_000);
    await new Promise(setImmediate);
    const before = timers();
    for (const round of [1, 2]) {
      let answer = (): void => undefined;
      const awaited = deadlines.within(new Promise<void>((resolve) => (answer = resolve)));
      expect(timers(), `${round}`).to.equal(before + 1);
      answer();
      await awaited;
      expect(timers(), `${round}`).to.equal(before);
    }
  });

  it('is a DeadlineError if it does not', async () => {
    const never = new Promise(() => undefined);
    const failure: unknown = await new Deadlines(10).within(never).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(DeadlineError);
    expect(failure).to.have.property('message', 'no answer within 10 ms');
  });

  it('is due after its own time, whatever else is awaited and done', async () => {
    const deadlines = new Deadlines(60);
    const never = (): Promise<never> => new Promise(() => undefined);
    const started = performance.now();
    const failedAfter = (answer: Promise<unknown>): Promise<number> =>
      deadlines.within(answer).then(
        () => NaN,
        () => performance.now() - started,
      );
    const first = failedAfter(never());
    const done = deadlines.within(delay(20));
    await delay(30);
    const second = failedAfter(never());
    await done;
    const third = deadlines.within(delay(40).then(() => 'in time'));
    expect(await first).to.be.within(55, 1000);
    expect(await third).to.equal('in time');
    expect(await second).to.be.within(85, 1000);
    // With nothing awaited it begins anew.
    expect((await failedAfter(never())) - (await second)).to.be.within(55, 1000);
  });

  it('is the answer if it had arrived before the process stood still for longer than the deadline', async () => {
    const [near, far] = await socketPair();
    try {
      const answer = once(near, 'data').then(() => 'in time');
      const awaited = new Deadlines(20).within(answer);
      far.write('x');
      const until = performance.now() + 60;
      while (performance.now() < until);
      expect(await awaited).to.equal('in time');
    } finally {
      near.destroy();
      far.destroy();
    }
  });

  it('stays so when what it waited for fails later', async () => {
    const late = delay(20).then(() => Promise.reject(new Error('late')));
    const failure: unknown = await new Deadlines(5).within(late).catch((error: unknown) => error);
    await delay(30);
    expect(failure).to.be.instanceOf(DeadlineError);
  });
});
