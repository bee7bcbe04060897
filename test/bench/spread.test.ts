import { expect } from 'chai';

import { alternate, ratios, spreadOf } from '../../bench/spread.js';

describe('Figures of several rounds', () => {
  it('are given as the middle one, the lowest and the highest', () => {
    expect(spreadOf([5, 1, 9])).to.deep.equal({ median: 5, min: 1, max: 9 });
    expect(spreadOf([4, 1, 2, 9])).to.deep.equal({ median: 3, min: 1, max: 9 });
  });

  it('are refused when one is missing or no number', () => {
    expect(() => spreadOf([])).to.throw(RangeError);
    expect(() => spreadOf([1, NaN])).to.throw(RangeError);
    expect(() => ratios([1, 2], [1])).to.throw(RangeError);
    expect(() => ratios([1], [0])).to.throw(RangeError);
  });

  it('are divided round by round, not middle by middle', () => {
    // The machine was ten times slower in the second round; the ratio of the middles would say 10.
    expect(ratios([100, 10, 100], [50, 5, 5])).to.deep.equal({ median: 2, min: 2, max: 20 });
  });

  it('are taken in turns', async () => {
    const order: string[] = [];
    const figures = await alternate(2, {
      a: () => Promise.resolve(order.push('a')),
      b: () => Promise.resolve(order.push('b')),
    });
    expect(order).to.deep.equal(['a', 'b', 'a', 'b']);
    expect(figures).to.deep.equal({ a: [1, 3], b: [2, 4] });
  });
});
