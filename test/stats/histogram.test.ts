import { expect } from 'chai';
import fc from 'fast-check';

import { DURATION_BOUNDS, Histogram } from '../../lib/stats/histogram.js';

describe('a histogram', () => {
  it('has for each bound the measurements that are at most that, and their sum', () => {
    const measurements = fc.array(
      fc.oneof(fc.double({ min: 0, max: 10, noNaN: true }), fc.constantFrom(...DURATION_BOUNDS)),
    );
    fc.assert(
      fc.property(measurements, (values) => {
        const histogram = new Histogram(DURATION_BOUNDS);
        for (const value of values) histogram.observe(value);
        const expected = [...DURATION_BOUNDS, Infinity].map((bound) => ({
          bound,
          count: values.filter((value) => value <= bound).length,
        }));
        expect(histogram.cumulative()).to.deep.equal(expected);
        expect(histogram.sum).to.be.closeTo(
          values.reduce((sum, value) => sum + value, 0),
          1e-6,
        );
      }),
    );
  });
});
