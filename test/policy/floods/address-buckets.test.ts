import { expect } from 'chai';
import fc from 'fast-check';

import { AddressBuckets } from '../../../lib/policy/floods/address-buckets.js';
import { TokenBucket } from '../../../lib/policy/floods/token-bucket.js';
import { seededRandom } from '../../support/seeded-random.js';
import { v4, v6 } from '../../udp/udp-harness.js';

const NOW = 1_700_000_000_000;

function taken(buckets: AddressBuckets, address: Uint8Array, times: number, now = NOW): number {
  let count = 0;
  for (let i = 0; i < times; i++) if (buckets.take(address, now) === 0) count++;
  return count;
}

const bucketsOf = (perSecond: number, burst: number): AddressBuckets =>
  new AddressBuckets({ perSecond, burst }, seededRandom(1));

describe('the bucket of an address', () => {
  it('has so many tokens at first, and as many in a second as it is said', () => {
    const buckets = bucketsOf(10, 25);
    expect(taken(buckets, v4(1), 100)).to.equal(25);
    expect(taken(buckets, v4(1), 100, NOW + 99)).to.equal(0);
    expect(taken(buckets, v4(1), 100, NOW + 100)).to.equal(1);
    expect(taken(buckets, v4(1), 100, NOW + 1100)).to.equal(10);
    expect(taken(buckets, v4(1), 100, NOW + 3_600_000)).to.equal(25);
  });

  it('tells when there is a token again, and there is', () => {
    const buckets = bucketsOf(10, 1);
    expect(buckets.take(v4(1), NOW)).to.equal(0);
    const wait = buckets.take(v4(1), NOW + 30);
    expect(wait).to.be.closeTo(70, 0.5);
    expect(buckets.take(v4(1), NOW + 30 + Math.ceil(wait))).to.equal(0);
  });

  it('takes nothing from others', () => {
    const buckets = bucketsOf(10, 10);
    taken(buckets, v4(0), 1000);
    for (let i = 1; i <= 20_000; i++) expect(buckets.take(v4(i), NOW)).to.equal(0);
  });

  it('is kept while so many others come that none has room, each of them once', () => {
    const buckets = bucketsOf(10, 10);
    taken(buckets, v4(0), 10);
    for (let i = 1; i <= 500_000; i++) buckets.take(v4(i), NOW);
    expect(buckets.take(v4(0), NOW)).to.be.above(0);
  });

  it('is that of a whole IPv6 network of 64 bits', () => {
    const buckets = bucketsOf(10, 10);
    expect(taken(buckets, v6(1), 6) + taken(buckets, v6(2), 6)).to.equal(10);
  });

  it('has no limit at a rate of 0', () => {
    expect(taken(bucketsOf(0, 10), v4(1), 5000)).to.equal(5000);
  });

  it('is full when the clock was set back by more than it takes to fill', () => {
    const buckets = bucketsOf(10, 10);
    taken(buckets, v4(1), 10);
    expect(taken(buckets, v4(1), 100, NOW - 3_600_000)).to.equal(10);
  });

  it('gives no more than burst and rate allow, whenever it is asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 300 }),
        (perSecond, burst, pauses) => {
          const bucket = new TokenBucket({ perSecond, burst });
          let [now, count] = [NOW, 0];
          for (const pause of pauses) {
            now += pause;
            if (bucket.take(now) === 0) count++;
          }
          const most = burst + ((now - NOW) * perSecond) / 1000;
          expect(count)
            .to.be.at.most(Math.floor(most) + 1)
            .and.at.least(Math.min(pauses.length, burst));
        },
      ),
    );
  });
});
