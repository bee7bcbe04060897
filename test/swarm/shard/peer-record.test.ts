import { expect } from 'chai';
import fc from 'fast-check';

import {
  compareAge,
  compareIdentity,
  COUNTED,
  createRecord,
  dateOf,
  flagsOf,
  layoutOf,
  PARTIAL_SEED,
  SEEDER,
  setDate,
  STOPPED,
  toTicks,
  V4,
  V6,
} from '../../../lib/swarm/shard/peer-record.js';
import { records } from '../../support/swarm-arbitraries.js';
import { peerIdOf, recordOf, v4Of, v6Of } from '../support/peers.js';

describe('a peer record', () => {
  it('has peer id, address, port, seconds, and sixteenths of a second with flags, big-endian', () => {
    for (const address of [v4Of(7), v6Of(7)]) {
      const layout = layoutOf(address);
      const record = createRecord({ peerId: peerIdOf(7), address, port: 0x1ae1, flags: SEEDER | COUNTED });
      setDate(record, layout, 0x654321009);
      expect(record.toString('hex')).to.equal(
        `${peerIdOf(7).toString('hex')}${address.toString('hex')}1ae16543210095`,
      );
    }
  });

  it('keeps what the peer is when it is dated, and its date whatever the peer is', () => {
    const ticks = fc.nat(2 ** 36 - 1);
    const flags = fc.constantFrom(0, SEEDER, PARTIAL_SEED, STOPPED, STOPPED | COUNTED);
    fc.assert(
      fc.property(ticks, ticks, flags, fc.constantFrom(v4Of(1), v6Of(1)), (before, after, is, address) => {
        const layout = layoutOf(address);
        const record = recordOf(1, { address, flags: is });
        setDate(record, layout, before);
        setDate(record, layout, after);
        expect(dateOf(record, 0, layout)).to.equal(after);
        expect(flagsOf(record, 0, layout)).to.equal(is);
      }),
    );
  });

  it('has times in whole sixteenths of a second', () => {
    expect(toTicks(1_000_000)).to.equal(16_000);
    expect(toTicks(1_000_062)).to.equal(16_000);
    expect(toTicks(1_000_063)).to.equal(16_001);
  });

  it('takes 31 bytes for an IPv4 peer and 43 for an IPv6 one', () => {
    expect([V4.size, V6.size]).to.deep.equal([31, 43]);
    expect(layoutOf(v4Of(1))).to.equal(V4);
    expect(layoutOf(v6Of(1))).to.equal(V6);
  });

  it('is made for no other address', () => {
    expect(() => layoutOf(new Uint8Array(5))).to.throw(RangeError, 'not 5');
  });

  it('is of another peer if peer id, address or port differ, and of the same whatever else does', () => {
    const same = (other: Buffer): boolean => compareIdentity(recordOf(1), 0, other, 0, V4) === 0;
    expect(same(recordOf(1, { seen: 2000, flags: STOPPED }))).to.equal(true);
    expect(same(recordOf(1, { peerId: peerIdOf(2) }))).to.equal(false);
    expect(same(recordOf(1, { address: v4Of(2) }))).to.equal(false);
    expect(same(recordOf(1, { port: 6882 }))).to.equal(false);
  });

  it('is newer if it was seen later, and of one time the tombstone is', () => {
    const age = (a: Buffer, b: Buffer): number => Math.sign(compareAge(a, 0, b, 0, V4));
    expect(age(recordOf(1, { seen: 0xffffffff }), recordOf(1, { flags: STOPPED }))).to.equal(1);
    expect(age(recordOf(1, { seen: 1000.0625 }), recordOf(1, { flags: STOPPED }))).to.equal(1);
    expect(age(recordOf(1, { flags: STOPPED }), recordOf(1, { flags: SEEDER | COUNTED }))).to.equal(1);
    expect(age(recordOf(1), recordOf(1))).to.equal(0);
  });

  it('is newer than another in one direction only', () => {
    fc.assert(
      fc.property(records, records, (a, b) => {
        fc.pre(a.length === b.length);
        const layout = a.length === V4.size ? V4 : V6;
        const there = Math.sign(compareAge(a, 0, b, 0, layout));
        expect(there + Math.sign(compareAge(b, 0, a, 0, layout))).to.equal(0);
      }),
    );
  });
});
