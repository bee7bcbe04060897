import { expect } from 'chai';
import type { NetworkInterfaceInfo } from 'node:os';

import { listenAddresses } from '../../../lib/standalone/udp/listen-addresses.js';

function address(text: string, internal = false): NetworkInterfaceInfo {
  const rest = { address: text, netmask: '', mac: '', internal, cidr: null };
  return text.includes(':') ? { ...rest, family: 'IPv6', scopeid: 0 } : { ...rest, family: 'IPv4' };
}

const lo = [address('127.0.0.1', true), address('::1', true)];
const one = { lo, eth0: [address('192.0.2.7'), address('2001:db8::7'), address('fe80::1')] };

describe('the addresses that UDP listens on', () => {
  it('are all at once, where the machine has one of a family for others', () => {
    expect(listenAddresses('::', one)).to.deep.equal({ v4: ['0.0.0.0'], v6: ['::'] });
    expect(listenAddresses('0.0.0.0', one)).to.deep.equal({ v4: ['0.0.0.0'], v6: [] });
    expect(listenAddresses('::', { lo })).to.deep.equal({ v4: ['0.0.0.0'], v6: ['::'] });
  });

  it('are each by itself, where it has several: an answer leaves from the one that was asked', () => {
    const several = { ...one, eth1: [address('198.51.100.7')] };
    expect(listenAddresses('::', several)).to.deep.equal({
      v4: ['127.0.0.1', '192.0.2.7', '198.51.100.7'],
      v6: ['::'],
    });
  });

  it('are none of a family that the machine does not have', () => {
    expect(listenAddresses('::', { lo: [address('127.0.0.1', true)] })).to.deep.equal({
      v4: ['0.0.0.0'],
      v6: [],
    });
  });

  it('are the one that HOST names', () => {
    expect(listenAddresses('192.0.2.7', one)).to.deep.equal({ v4: ['192.0.2.7'], v6: [] });
    expect(listenAddresses('2001:db8::7', one)).to.deep.equal({ v4: [], v6: ['2001:db8::7'] });
  });
});
