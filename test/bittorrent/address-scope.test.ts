import { expect } from 'chai';

import { parseAddress } from '../../lib/bittorrent/address.js';
import { Scope, scopeOf } from '../../lib/bittorrent/address-scope.js';
import { defined } from '../support/defined.js';

/** First and last addresses of ranges, and what is right beside them. */
const addresses: Readonly<Record<keyof typeof Scope, readonly string[]>> = {
  none: [
    '0.0.0.0',
    '0.255.255.255',
    '224.0.0.0',
    '239.255.255.255',
    '240.0.0.0',
    '255.255.255.255',
    '::',
    '::2',
    '::c000:201',
    'ff00::',
    'ff02::1',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ],
  machine: [
    '127.0.0.0',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.0.0',
    '169.254.255.255',
    '::1',
    'fe80::',
    'fe80::1',
    'febf:ffff::1',
  ],
  network: [
    '10.0.0.0',
    '10.255.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.168.0.0',
    '192.168.255.255',
    '100.64.0.0',
    '100.127.255.255',
    'fc00::',
    'fdff:ffff::1',
    'fec0::',
    'feff:ffff::1',
  ],
  world: [
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '8.8.8.8',
    '223.255.255.255',
    '2001:db8::1',
    '1::1',
    '0:0:0:0:0:1::',
    '64:ff9b::808:808',
    'fe7f::1',
    'fbff::',
    'fe00::',
  ],
};

describe('who can reach', () => {
  for (const [scope, list] of Object.entries(addresses)) {
    for (const text of list) {
      it(`${text}: ${scope}`, () => {
        expect(scopeOf(defined(parseAddress(text)))).to.equal(Scope[scope as keyof typeof Scope]);
      });
    }
  }

  it('an IPv4-mapped address: whoever can reach the IPv4 one', () => {
    for (const [scope, list] of Object.entries(addresses)) {
      for (const text of list.filter((each) => each.includes('.') && !each.includes(':'))) {
        const mapped = Buffer.concat([Buffer.alloc(10), Buffer.of(255, 255), defined(parseAddress(text))]);
        expect(scopeOf(mapped), text).to.equal(Scope[scope as keyof typeof Scope]);
      }
    }
  });
});
