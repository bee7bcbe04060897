import { expect } from 'chai';
import { parseProcessorTime, stolenSince } from '../../bench/machine.js';

describe('the processor time that the host takes', () => {
  const before = parseProcessorTime('cpu  100 1 50 900 30 2 7 40 0 0\ncpu0 50 0 25 450 15 1 3 20 0 0\n');

  it('is told from what is used and from what nobody asked for', () => {
    expect(before).to.deep.equal({ used: 160, stolen: 40 });
  });

  it('is a share of what was asked for since', () => {
    const now = parseProcessorTime('cpu  160 1 70 990 99 2 17 50 0 0\n');
    expect(stolenSince(before, now)).to.equal(10 / (90 + 10));
  });

  it('is none if nobody asked for any, and unknown where the system does not tell', () => {
    expect(stolenSince(before, before)).to.equal(0);
    expect(stolenSince(undefined, before)).to.equal(undefined);
  });
});
