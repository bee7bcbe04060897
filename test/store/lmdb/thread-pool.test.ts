import { expect } from 'chai';

import { poolThreads } from '../../../lib/store/lmdb/thread-pool.js';

describe('the threads that Node has for files', () => {
  for (const [setting, threads] of [
    [undefined, 4],
    ['1', 1],
    ['2', 2],
    [' 8 of them', 8],
    ['0', 1],
    ['', 1],
    ['many', 1],
    ['5000', 1024],
    ['-1', 1024],
  ] as const) {
    it(`are ${threads} with UV_THREADPOOL_SIZE ${setting === undefined ? 'not set' : `"${setting}"`}`, () => {
      expect(poolThreads(setting)).to.equal(threads);
    });
  }
});
