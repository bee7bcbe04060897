import { expect } from 'chai';

import { Processor } from './processor.js';

describe('the processor of a node of the Riak double', () => {
  async function times(count: number, ms: number): Promise<number[]> {
    const processor = new Processor();
    const started = performance.now();
    return Promise.all(
      Array.from(
        { length: count },
        () =>
          new Promise<number>((resolve) => {
            processor.work(ms, () => {
              resolve(performance.now() - started);
            });
          }),
      ),
    );
  }

  it('takes as long for each of several jobs as for all: checked at once, no password is checked early (measured)', async () => {
    const [alone = 0] = await times(1, 40);
    expect(alone).to.be.within(35, 300);
    for (const time of await times(8, 40)) expect(time).to.be.above(8 * 40 - 40);
  });

  it('does at once what takes no time', () => {
    let isDone = false;
    new Processor().work(0, () => {
      isDone = true;
    });
    expect(isDone).to.equal(true);
  });
});
