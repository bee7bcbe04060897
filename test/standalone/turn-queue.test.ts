import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';

import { TurnQueue } from '../../lib/standalone/turn-queue.js';

describe('work that others do not wait for', () => {
  it('is done in order, one piece each turn of the event loop', async () => {
    const queue = new TurnQueue();
    const done: number[] = [];
    for (let i = 0; i < 5; i++) queue.add(() => done.push(i));
    expect(done).to.deep.equal([]);
    for (let turns = 1; turns <= 5; turns++) {
      await turn();
      expect(done).to.have.length(turns);
    }
    expect(done).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('may be added by work, and after all was done', async () => {
    const queue = new TurnQueue();
    const done: string[] = [];
    queue.add(() => {
      done.push('first');
      queue.add(() => done.push('second'));
    });
    for (let turns = 0; turns < 3; turns++) await turn();
    queue.add(() => done.push('third'));
    await turn();
    expect(done).to.deep.equal(['first', 'second', 'third']);
  });
});
