import { expect } from 'chai';

import { formatAddress, parseAddress } from '../../lib/bittorrent/address.js';
import type { PeerSample } from '../../lib/bittorrent/peers.js';
import { PublicAddress } from '../../lib/tracker/public-address.js';
import { defined } from '../support/defined.js';

const bytesOf = (address: string): Uint8Array => defined(parseAddress(address));

/** Peers at these addresses, all on port 6881. */
function peersAt(...addresses: readonly string[]): PeerSample {
  const compact = (length: number): Buffer =>
    Buffer.concat(
      addresses
        .map(bytesOf)
        .filter((bytes) => bytes.length === length)
        .flatMap((bytes) => [bytes, Buffer.of(0x1a, 0xe1)]),
    );
  return { v4: compact(4), v6: compact(16) };
}

function addressesOf({ v4, v6 }: PeerSample): string[] {
  const list = (peers: Uint8Array, width: number): string[] =>
    Array.from({ length: peers.length / width }, (_, i) => {
      const peer = peers.subarray(i * width, (i + 1) * width);
      expect([...peer.subarray(-2)]).to.deep.equal([0x1a, 0xe1]);
      return formatAddress(peer.subarray(0, -2));
    });
  return [...list(v4, 6), ...list(v6, 18)];
}

const PEERS = ['127.0.0.1', '192.168.1.5', '198.51.100.7', '::1', 'fe80::5', 'fd00::5', '2001:db8:7::7'];
const both = new PublicAddress(['203.0.113.5', '2001:db8::5']);

describe('the public address of a tracker', () => {
  const given = (publicAddress: PublicAddress, client: string): string[] =>
    addressesOf(publicAddress.reachableFrom(bytesOf(client), peersAt(...PEERS)));

  it('stands for peers on its machine and network, to clients from outside', () => {
    for (const client of ['198.51.100.1', '2001:db8:1::1']) {
      expect(given(both, client)).to.deep.equal([
        '203.0.113.5',
        '203.0.113.5',
        '198.51.100.7',
        '2001:db8::5',
        '2001:db8::5',
        '2001:db8::5',
        '2001:db8:7::7',
      ]);
    }
  });

  it('stands for peers on its machine only, to clients on its network', () => {
    for (const client of ['10.0.0.1', 'fd00::1']) {
      expect(given(both, client)).to.deep.equal([
        '203.0.113.5',
        '192.168.1.5',
        '198.51.100.7',
        '2001:db8::5',
        '2001:db8::5',
        'fd00::5',
        '2001:db8:7::7',
      ]);
    }
  });

  it('stands for nobody to clients on its machine', () => {
    for (const client of ['127.0.0.1', '::1']) expect(given(both, client)).to.deep.equal(PEERS);
  });

  it('stands for peers of its own family only', () => {
    const [v4, v6] = [new PublicAddress(['203.0.113.5']), new PublicAddress(['2001:db8::5'])];
    expect(given(v4, '198.51.100.1').slice(3)).to.deep.equal(PEERS.slice(3));
    expect(given(v6, '198.51.100.1').slice(0, 3)).to.deep.equal(PEERS.slice(0, 3));
  });

  it('leaves the bytes that it was given alone, and ids where they are', () => {
    const peers = { ...peersAt('10.0.0.1'), ids4: Buffer.alloc(20, 1), ids6: Buffer.alloc(0) };
    const before = Buffer.from(peers.v4);
    const { ids4 } = both.reachableFrom(bytesOf('198.51.100.1'), peers);
    expect(peers.v4).to.deep.equal(before);
    expect(ids4).to.equal(peers.ids4);
  });

  it('is the one that the world sees of a client inside', () => {
    const seen = (address: string): string => formatAddress(both.seenFromOutside(bytesOf(address)));
    expect(['127.0.0.1', '10.1.2.3', 'fd00::9', '198.51.100.7'].map(seen)).to.deep.equal([
      '203.0.113.5',
      '203.0.113.5',
      '2001:db8::5',
      '198.51.100.7',
    ]);
  });
});
