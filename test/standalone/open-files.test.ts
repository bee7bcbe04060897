import { expect } from 'chai';

import { maxOpenFiles, roomForConnections } from '../../lib/standalone/open-files.js';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             127636               127636               processes
Max open files            1024                 4096                 files
Max locked memory         8388608              8388608              bytes
`;

describe('the files that may be open', () => {
  it('are as many as the system says, if it does', () => {
    expect(maxOpenFiles(LIMITS)).to.equal(1024);
    expect(
      maxOpenFiles('Max open files            unlimited            unlimited            files'),
    ).to.equal(undefined);
    expect(maxOpenFiles('')).to.equal(undefined);
  });

  it('are enough for all connections, or some are kept for the store', () => {
    for (const [wanted, openFiles, room] of [
      [10_000, undefined, 10_000],
      [10_000, 20_000, 10_000],
      [10_000, 10_256, 10_000],
      [10_000, 10_255, 9999],
      [10_000, 1024, 768],
      [10_000, 100, 50],
      [20, 1024, 20],
    ] as const) {
      expect(roomForConnections(wanted, openFiles), `${wanted} of ${openFiles ?? 'any'}`).to.equal(room);
    }
  });
});
