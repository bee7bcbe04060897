import { expect } from 'chai';

import { AddressRates } from '../../lib/udp/address-rates.js';
import { seededRandom } from '../support/seeded-random.js';
import { v4, v6 } from './udp-harness.js';

const NOW = 1_700_000_000_000;

function taken(rates: AddressRates, address: Uint8Array, times: number, now = NOW): number {
  let count = 0;
  for (let i = 0; i < times; i++) if (rates.take(address, now)) count++;
  return count;
}

describe('the rate of an address', () => {
  it('is so many requests in a second, and as many in the next', () => {
    const rates = new AddressRates(10, seededRandom(1));
    expect(taken(rates, v4(1), 25)).to.equal(10);
    expect(taken(rates, v4(1), 25, NOW + 999)).to.equal(0);
    expect(taken(rates, v4(1), 25, NOW + 1000)).to.equal(10);
  });

  it('takes nothing from others, but for the few that share its entry', () => {
    const rates = new AddressRates(10, seededRandom(1));
    taken(rates, v4(0), 1000);
    let limited = 0;
    for (let i = 1; i <= 10_000; i++) if (!rates.take(v4(i), NOW)) limited++;
    expect(limited).to.be.at.most(10);
  });

  it('is that of a whole IPv6 network of 64 bits', () => {
    const rates = new AddressRates(10, seededRandom(1));
    expect(taken(rates, v6(1), 6) + taken(rates, v6(2), 6)).to.equal(10);
  });

  it('of 0 is no limit', () => {
    expect(taken(new AddressRates(0, seededRandom(1)), v4(1), 5000)).to.equal(5000);
  });
});
