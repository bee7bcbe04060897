import { expect } from 'chai';
import fc from 'fast-check';

import { mapBounded } from '../../lib/tracker/map-bounded.js';

const items = fc.array(fc.integer(), { maxLength: 30 });
const limits = fc.integer({ min: 1, max: 8 });

describe('mapping with a bound', () => {
  it('gives one result for each item, in their order, in whatever order they come to be', async () => {
    await fc.assert(
      fc.asyncProperty(items, limits, fc.scheduler(), async (list, limit, scheduler) => {
        const mapped = mapBounded(list, limit, (item) => scheduler.schedule(Promise.resolve(item * 2)));
        expect(await scheduler.waitFor(mapped)).to.deep.equal(list.map((item) => item * 2));
      }),
    );
  });

  it('has as many under way as it may, and never more', async () => {
    await fc.assert(
      fc.asyncProperty(items, limits, fc.scheduler(), async (list, limit, scheduler) => {
        let underWay = 0;
        let most = 0;
        const mapped = mapBounded(list, limit, async () => {
          most = Math.max(most, ++underWay);
          await scheduler.schedule(Promise.resolve());
          underWay--;
        });
        await scheduler.waitFor(mapped);
        expect(most).to.equal(Math.min(limit, list.length));
      }),
    );
  });

  it('works on every item once', async () => {
    const seen: number[] = [];
    await mapBounded([1, 2, 3, 2, 1], 3, (item) => {
      seen.push(item);
      return Promise.resolve();
    });
    expect(seen.sort()).to.deep.equal([1, 1, 2, 2, 3]);
  });

  it('fails with the first failure', async () => {
    const failure = new Error('the second item');
    const failed: unknown = await mapBounded([1, 2, 3], 2, (item) =>
      item === 2 ? Promise.reject(failure) : Promise.resolve(item),
    ).catch((error: unknown) => error);
    expect(failed).to.equal(failure);
  });

  it('begins with no item after one has failed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(29), limits, fc.scheduler(), async (failing, limit, scheduler) => {
        let hasFailed = false;
        const begunTooLate: number[] = [];
        const mapped = mapBounded([...Array(30).keys()], limit, async (item) => {
          if (hasFailed) begunTooLate.push(item);
          await scheduler.schedule(Promise.resolve());
          if (item !== failing) return;
          hasFailed = true;
          throw new Error('this one');
        }).catch(() => 'failed');
        expect(await scheduler.waitFor(mapped)).to.equal('failed');
        await scheduler.waitIdle();
        expect(begunTooLate).to.deep.equal([]);
      }),
    );
  });

  it('of nothing is nothing', async () => {
    expect(await mapBounded([], 4, () => Promise.reject(new Error('no item')))).to.deep.equal([]);
  });
});
