import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import { StoreUnavailableError } from '../../../lib/store/errors.js';
import { WaitQueue } from '../../../lib/store/remote/wait-queue.js';
import { rejectionOf } from '../../support/rejection.js';

const LONG_MS = 60_000;

describe('the queue of calls that wait for a server', () => {
  it('serves them in the order in which they came, each once', async () => {
    const queue = new WaitQueue<number, string>(3, 'a server');
    const calls = ['a', 'b', 'c'].map((wish) => queue.wait(wish, LONG_MS));
    expect([...queue].map(({ wish }) => wish)).to.deep.equal(['a', 'b', 'c']);
    const [first] = queue;
    expect(first?.serve(1)).to.equal(true);
    expect(first?.serve(9)).to.equal(false);
    for (const [i, call] of [...queue].entries()) call.serve(2 + i);
    expect(await Promise.all(calls)).to.deep.equal([1, 2, 3]);
    expect(queue.length).to.equal(0);
  });

  it('tells who waits in vain why, if anything is known', async () => {
    const cause = new Error('refused');
    const queue = new WaitQueue<number>(1, 'a server', () => cause);
    expect(await rejectionOf(queue.wait(undefined, 1))).to.have.property('cause', cause);
    const mute = new WaitQueue<number>(1, 'a server');
    expect(await rejectionOf(mute.wait(undefined, 1))).to.not.have.property('cause');
  });

  it('refuses who finds it full, at once', async () => {
    const queue = new WaitQueue<number>(1, 'a server');
    const first = queue.wait(undefined, LONG_MS);
    const error = await rejectionOf(queue.wait(undefined, LONG_MS));
    expect(error).to.be.instanceOf(StoreUnavailableError);
    expect(error).to.have.property('message', 'too many calls wait for a server');
    for (const call of queue) call.serve(1);
    await first;
  });

  it('refuses who has waited for too long, and says so when half of the time is over', async () => {
    const queue = new WaitQueue<number>(1, 'a server');
    let halves = 0;
    const error = await rejectionOf(queue.wait(undefined, 20, () => halves++));
    expect(error).to.have.property('message', 'no connection to a server was free in time');
    expect(halves).to.equal(1);
    expect(queue.length).to.equal(0);
  });

  it('has no timer left when a call was served or refused', async () => {
    const queue = new WaitQueue<number>(2, 'a server');
    let halves = 0;
    const served = queue.wait(undefined, 40, () => halves++);
    for (const call of queue) call.serve(7);
    expect(await served).to.equal(7);
    const refused = rejectionOf(queue.wait(undefined, 40, () => halves++));
    const reason = new StoreUnavailableError('closed');
    queue.refuseAll(reason);
    expect(await refused).to.equal(reason);
    await delay(60);
    expect(halves).to.equal(0);
  });
});
