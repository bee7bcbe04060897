import bencode from 'bencode';
import { expect } from 'chai';
import fc from 'fast-check';
import { formatAddress } from '../../lib/bittorrent/address.js';
import type { AnnounceReply } from '../../lib/bittorrent/announce.js';
import { encodeAnnounceReply } from '../../lib/http/announce-reply.js';
import type { PeerSample } from '../../lib/bittorrent/peers.js';
import { decodeCanonical, keysOf } from './bencoding.js';

const COMPACT = true;
const DICTIONARIES = false;
const NO_PEERS: PeerSample = { v4: new Uint8Array(0), v6: new Uint8Array(0) };

const REPLY: AnnounceReply = {
  interval: 1800,
  minInterval: 900,
  complete: 0,
  incomplete: 12,
  peers: NO_PEERS,
  externalIp: Uint8Array.of(192, 0, 2, 1),
};

/** One IPv4 peer 192.0.2.9:6881 and one IPv6 peer [2001:db8::1]:65535. */
const TWO_PEERS: PeerSample = {
  v4: Uint8Array.of(192, 0, 2, 9, 0x1a, 0xe1),
  v6: Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff),
  ids4: Buffer.from('-TR4060-abcdefghijkl'),
  ids6: Buffer.from('-qB4650-mnopqrstuvwx'),
};

function binary(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A reply with any counts and up to `max` peers of each family. */
function anyReply(max: number): fc.Arbitrary<AnnounceReply> {
  const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: length, maxLength: length });
  return fc.record({ n4: fc.nat({ max }), n6: fc.nat({ max }) }).chain(({ n4, n6 }) =>
    fc.record({
      interval: fc.maxSafeNat(),
      minInterval: fc.nat(),
      complete: fc.maxSafeNat(),
      incomplete: fc.nat({ max: 1000 }),
      peers: fc.record({ v4: bytes(n4 * 6), v6: bytes(n6 * 18), ids4: bytes(n4 * 20), ids6: bytes(n6 * 20) }),
      externalIp: fc.oneof(bytes(4), bytes(16)),
    }),
  );
}

/** The peers of one family as the dictionaries that the reply must hold. */
function peerDictionaries(peers: Uint8Array, width: number, ids: Uint8Array, withIds: boolean): object[] {
  return Array.from({ length: peers.length / width }, (_, i) => {
    const peer = Buffer.from(peers.subarray(i * width, (i + 1) * width));
    return {
      ip: Buffer.from(formatAddress(peer.subarray(0, width - 2))),
      ...(withIds ? { 'peer id': Buffer.from(ids.subarray(i * 20, i * 20 + 20)) } : {}),
      port: peer.readUInt16BE(width - 2),
    };
  });
}

describe('encodeAnnounceReply', () => {
  it('has counts, external ip, both intervals in seconds and empty peers if there are none', () => {
    expect(encodeAnnounceReply(REPLY, COMPACT)).to.deep.equal(
      binary(
        'd8:completei0e11:external ip4:\xc0\x00\x02\x0110:incompletei12e8:intervali1800e12:min intervali900e5:peers0:e',
      ),
    );
  });

  it('has IPv4 peers in peers and IPv6 peers in peers6, 6 and 18 bytes each', () => {
    const { v4, v6 } = TWO_PEERS;
    const reply = encodeAnnounceReply({ ...REPLY, peers: TWO_PEERS }, COMPACT);
    const end = Buffer.concat([
      Buffer.from('5:peers6:'),
      v4,
      Buffer.from('6:peers618:'),
      v6,
      Buffer.from('e'),
    ]);
    expect(reply.subarray(-end.length)).to.deep.equal(end);
  });

  it('has no peers6 without IPv6 peers, but always has peers', () => {
    const only4 = encodeAnnounceReply({ ...REPLY, peers: { ...NO_PEERS, v4: TWO_PEERS.v4 } }, COMPACT);
    expect(keysOf(decodeCanonical(only4))).to.not.include('peers6');
    const only6 = encodeAnnounceReply({ ...REPLY, peers: { ...NO_PEERS, v6: TWO_PEERS.v6 } }, COMPACT);
    expect(keysOf(decodeCanonical(only6))).to.include.members(['peers', 'peers6']);
  });

  it('has an external ip of 16 bytes for an IPv6 client', () => {
    const externalIp = Buffer.from('20010db8000000000000000000000001', 'hex');
    const decoded = bencode.decode(encodeAnnounceReply({ ...REPLY, externalIp }, COMPACT)) as Record<
      string,
      unknown
    >;
    expect(decoded['external ip']).to.deep.equal(new Uint8Array(externalIp));
  });

  it('has dictionaries of ip, peer id and port, of both families in peers, if it is not compact', () => {
    const text = encodeAnnounceReply({ ...REPLY, peers: TWO_PEERS }, DICTIONARIES).toString('latin1');
    expect(text).to.match(
      /5:peersld2:ip9:192\.0\.2\.97:peer id20:-TR4060-abcdefghijkl4:porti6881eed2:ip11:2001:db8::17:peer id20:-qB4650-mnopqrstuvwx4:porti65535eeee$/,
    );
  });

  it('leaves the peer ids out of the dictionaries if there are none', () => {
    const { v4, v6 } = TWO_PEERS;
    expect(encodeAnnounceReply({ ...REPLY, peers: { v4, v6 } }, DICTIONARIES).toString('latin1')).to.match(
      /5:peersld2:ip9:192\.0\.2\.94:porti6881eed2:ip11:2001:db8::14:porti65535eeee$/,
    );
  });

  it('has an empty list of peers if there are none and it is not compact', () => {
    expect(encodeAnnounceReply(REPLY, DICTIONARIES).toString('latin1')).to.match(/5:peerslee$/);
  });

  it('refuses a number that bencoding or a client cannot take', () => {
    for (const value of [-1, 1.5, NaN, Infinity, 2 ** 53]) {
      for (const key of ['interval', 'minInterval', 'complete', 'incomplete'] as const) {
        expect(() => encodeAnnounceReply({ ...REPLY, [key]: value }, COMPACT), `${key} ${value}`).to.throw(
          RangeError,
        );
      }
    }
  });

  it('is in compact form, byte for byte, what the bencode package makes of it', () => {
    fc.assert(
      fc.property(anyReply(60), (reply) => {
        const { v4, v6 } = reply.peers;
        const expected = bencode.encode({
          complete: reply.complete,
          'external ip': reply.externalIp,
          incomplete: reply.incomplete,
          interval: reply.interval,
          'min interval': reply.minInterval,
          peers: v4,
          ...(v6.length > 0 ? { peers6: v6 } : {}),
        });
        expect(encodeAnnounceReply(reply, COMPACT).equals(expected)).to.equal(true);
      }),
    );
  });

  it('is in dictionary form, byte for byte, what the bencode package makes of it', () => {
    fc.assert(
      fc.property(anyReply(20), fc.boolean(), (reply, noPeerId) => {
        const { v4, v6, ids4 = v4, ids6 = v6 } = reply.peers;
        const given = noPeerId ? { ...reply, peers: { v4, v6 } } : reply;
        const expected = bencode.encode({
          complete: reply.complete,
          'external ip': reply.externalIp,
          incomplete: reply.incomplete,
          interval: reply.interval,
          'min interval': reply.minInterval,
          peers: [...peerDictionaries(v4, 6, ids4, !noPeerId), ...peerDictionaries(v6, 18, ids6, !noPeerId)],
        });
        expect(encodeAnnounceReply(given, DICTIONARIES).equals(expected)).to.equal(true);
      }),
    );
  });

  it('is always canonical bencoding', () => {
    fc.assert(
      fc.property(anyReply(5), fc.boolean(), (reply, compact) => {
        const keys = keysOf(decodeCanonical(encodeAnnounceReply(reply, compact)));
        expect(keys.slice(0, 6)).to.deep.equal([
          'complete',
          'external ip',
          'incomplete',
          'interval',
          'min interval',
          'peers',
        ]);
      }),
    );
  });

  it('has room for the longest numbers and addresses', () => {
    const longest = Number.MAX_SAFE_INTEGER;
    const count = 200;
    const reply: AnnounceReply = {
      interval: longest,
      minInterval: longest,
      complete: longest,
      incomplete: longest,
      externalIp: new Uint8Array(16).fill(255),
      peers: {
        v4: new Uint8Array(count * 6).fill(255),
        v6: new Uint8Array(count * 18).fill(0x11),
        ids4: new Uint8Array(count * 20),
        ids6: new Uint8Array(count * 20),
      },
    };
    for (const form of [COMPACT, DICTIONARIES]) decodeCanonical(encodeAnnounceReply(reply, form));
  });
});
