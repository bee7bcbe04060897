import { BlockList, isIP } from 'node:net';

import { expect } from 'chai';
import fc from 'fast-check';

import { clientAddress, trustedProxies } from '../../lib/standalone/client-address.js';

const proxies = trustedProxies(['10.0.0.0/8', 'fd00::/8']);

function peer(socketAddress: string, forwardedFor?: string): string {
  return clientAddress(socketAddress, forwardedFor, proxies);
}

describe("the peer's address", () => {
  it('is that of the connection when nothing was forwarded', () => {
    expect(peer('203.0.113.9')).to.equal('203.0.113.9');
    expect(peer('10.0.0.1')).to.equal('10.0.0.1');
  });

  it('is that of the connection when that is no trusted proxy, whatever the client claims', () => {
    expect(peer('203.0.113.9', '198.51.100.7')).to.equal('203.0.113.9');
  });

  it('is the entry that a trusted proxy wrote', () => {
    expect(peer('10.0.0.1', '203.0.113.9')).to.equal('203.0.113.9');
  });

  it('is the right-most entry that is no trusted proxy', () => {
    expect(peer('10.0.0.2', '198.51.100.7, 203.0.113.9, 10.0.0.1')).to.equal('203.0.113.9');
  });

  it('is the left-most entry when all are trusted proxies', () => {
    expect(peer('10.0.0.3', '10.0.0.1, 10.0.0.2')).to.equal('10.0.0.1');
  });

  it('is the last one known when an entry is no address', () => {
    expect(peer('10.0.0.2', '203.0.113.9, unknown, 10.0.0.1')).to.equal('10.0.0.1');
    expect(peer('10.0.0.2', '')).to.equal('10.0.0.2');
  });

  it('is the last one known when an entry is an address that is of no use here', () => {
    for (const entry of ['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '169.254.0.9']) {
      expect(peer('10.0.0.2', entry), entry).to.equal('10.0.0.2');
      expect(peer('10.0.0.2', `203.0.113.9, ${entry}, 10.0.0.1`), entry).to.equal('10.0.0.1');
    }
    for (const entry of ['::', '::1', 'fe80::1', 'fe80::1%eth0', 'ff02::1', '::ffff:127.0.0.1']) {
      expect(peer('fd00::2', `2001:db8::9, ${entry}`), entry).to.equal('fd00::2');
    }
    expect(peer('10.0.0.2', '192.168.1.5')).to.equal('192.168.1.5');
  });

  it('is looked for behind a trusted proxy that is known by a loopback address', () => {
    const local = trustedProxies(['10.0.0.0/8', '127.0.0.0/8']);
    expect(clientAddress('10.0.0.2', '203.0.113.9, 127.0.0.1', local)).to.equal('203.0.113.9');
    expect(clientAddress('10.0.0.2', '127.0.0.1', local)).to.equal('10.0.0.2');
    expect(clientAddress('127.0.0.1', 'fe80::1', local)).to.equal('127.0.0.1');
  });

  it('is believed over IPv6 as over IPv4', () => {
    expect(peer('fd00::1', '2001:db8::9')).to.equal('2001:db8::9');
    expect(peer('2001:db8::1', '2001:db8::9')).to.equal('2001:db8::1');
  });

  it('is believed from an IPv4 proxy that a dual-stack socket shows as IPv6', () => {
    expect(peer('::ffff:10.0.0.1', '203.0.113.9')).to.equal('203.0.113.9');
    expect(peer('::ffff:203.0.113.9', '198.51.100.7')).to.equal('::ffff:203.0.113.9');
  });

  it('is without the port and the brackets that some proxies write', () => {
    expect(peer('10.0.0.1', '203.0.113.9:5000')).to.equal('203.0.113.9');
    expect(peer('10.0.0.1', '[2001:db8::9]:5000')).to.equal('2001:db8::9');
    expect(peer('10.0.0.1', '[2001:db8::9]')).to.equal('2001:db8::9');
  });

  it('is without the zone of a link-local address', () => {
    expect(peer('fe80::1%eth0')).to.equal('fe80::1');
  });

  it('cannot be chosen by what a client puts before the entries of the proxies', () => {
    fc.assert(
      fc.property(fc.string(), (claim) => {
        expect(peer('10.0.0.2', `${claim}, 203.0.113.9, 10.0.0.1`)).to.equal('203.0.113.9');
      }),
    );
  });

  it('is that of the connection when no proxy is trusted', () => {
    expect(clientAddress('10.0.0.1', '203.0.113.9', trustedProxies([]))).to.equal('10.0.0.1');
  });
});

describe('trusted proxies', () => {
  const v4 = fc
    .array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 })
    .map((b) => b.join('.'));
  const v6 = fc
    .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
    .map((groups) => groups.map((group) => group.toString(16)).join(':'));

  /** Addresses that have many bits in common with the first one. */
  function nearby(address: string, bit: number): string {
    const [separator, base, width] = isIP(address) === 6 ? [':', 16, 16] : ['.', 10, 8];
    const parts = address.split(separator).map((part) => parseInt(part, base));
    const at = Math.floor(bit / width) % parts.length;
    parts[at] = (parts[at] ?? 0) ^ (1 << (width - 1 - (bit % width)));
    return parts.map((part) => part.toString(base)).join(separator);
  }

  it("are those that Node's BlockList has in its networks", () => {
    fc.assert(
      fc.property(fc.oneof(v4, v6), fc.nat({ max: 128 }), fc.nat({ max: 127 }), (address, length, bit) => {
        const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
        const bits = family === 'ipv6' ? length : length % 33;
        const list = new BlockList();
        list.addSubnet(address, bits, family);
        const isTrusted = trustedProxies([`${address}/${bits}`]);
        for (const other of [address, nearby(address, bit), nearby(address, Math.max(bits - 1, 0))]) {
          expect(isTrusted(other), `${other} in ${address}/${bits}`).to.equal(list.check(other, family));
        }
      }),
    );
  });

  it('are of the one family or the other, of which IPv4-mapped addresses are IPv4', () => {
    expect(trustedProxies(['::/0'])('10.0.0.1')).to.equal(false);
    expect(trustedProxies(['0.0.0.0/0'])('fd00::1')).to.equal(false);
    expect(trustedProxies(['10.0.0.0/8'])('::ffff:10.1.2.3')).to.equal(true);
    expect(trustedProxies(['::ffff:10.0.0.0/104'])('10.1.2.3')).to.equal(true);
    expect(trustedProxies(['::ffff:10.0.0.0/104'])('11.1.2.3')).to.equal(false);
  });
});
