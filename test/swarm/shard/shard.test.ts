import { expect } from 'chai';
import fc from 'fast-check';
import { crc32 } from 'node:zlib';

import { dateOf, setDate, V4, V6 } from '../../../lib/swarm/shard/peer-record.js';
import {
  HEADER_SIZE,
  newHeader,
  owns,
  ShardDamagedError,
  ShardFormatError,
} from '../../../lib/swarm/shard/header.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { records, recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
import { recordOf } from '../support/peers.js';
import { upTo } from '../support/swarm-harness.js';

describe('the shard codec', () => {
  it('gives back what was stored', () => {
    fc.assert(
      fc.property(shards(5), (shard) => {
        const decoded = Shard.decode(shard.number, Buffer.from(shard.seal()));
        expect(decoded.header).to.deep.equal(shard.header);
        expect(recordsOf(decoded)).to.deep.equal(recordsOf(shard));
        expect(decoded.seal()).to.deep.equal(shard.seal());
      }),
    );
  });

  it('refuses bytes of which any one is changed', () => {
    fc.assert(
      fc.property(shards(0), fc.nat(), fc.integer({ min: 1, max: 255 }), (shard, at, change) => {
        const bytes = Buffer.from(shard.seal());
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ change;
        expect(() => Shard.decode(0, bytes)).to.throw(ShardDamagedError);
      }),
    );
  });

  it('refuses bytes that are cut short or too many', () => {
    fc.assert(
      fc.property(shards(0), fc.nat(), fc.integer({ min: 1, max: 99 }), (shard, at, more) => {
        const bytes = shard.seal();
        expect(() => Shard.decode(0, bytes.subarray(0, at % bytes.length))).to.throw(ShardDamagedError);
        expect(() => Shard.decode(0, Buffer.concat([bytes, Buffer.alloc(more)]))).to.throw(ShardDamagedError);
      }),
    );
  });

  it('refuses any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(() => Shard.decode(0, bytes)).to.throw(ShardDamagedError);
      }),
    );
  });

  it('refuses records that do not fit their number, under a right checksum', () => {
    const bytes = Buffer.from(shardOf([]).seal());
    bytes[17] = 1;
    rechecked(bytes);
    expect(() => Shard.decode(0, bytes)).to.throw(ShardDamagedError, 'length');
  });

  it('refuses a depth that no shard has, under a right checksum', () => {
    const bytes = Buffer.from(shardOf([]).seal());
    bytes[6] = 17;
    rechecked(bytes);
    expect(() => Shard.decode(0, bytes)).to.throw(ShardDamagedError, 'depth');
  });

  it('tells a format it does not know from damage', () => {
    const bytes = Buffer.from(shardOf([]).seal());
    bytes[4] = 2;
    rechecked(bytes);
    expect(() => Shard.decode(0, bytes)).to.throw(ShardFormatError);
  });

  it('reads bytes at any offset of a larger buffer', () => {
    fc.assert(
      fc.property(shards(0), fc.integer({ min: 0, max: 9 }), (shard, offset) => {
        const larger = Buffer.concat([Buffer.alloc(offset), shard.seal(), Buffer.alloc(3)]);
        const within = new Uint8Array(larger.buffer, larger.byteOffset + offset, shard.bytes.length);
        expect(recordsOf(Shard.decode(0, within))).to.deep.equal(recordsOf(shard));
      }),
    );
  });

  it('takes 20 bytes, 31 more for an IPv4 peer and 43 for an IPv6 one', () => {
    fc.assert(
      fc.property(shards(0), (shard) => {
        expect(shard.seal().length).to.equal(HEADER_SIZE + shard.v4Count * 31 + shard.v6Count * 43);
      }),
    );
  });
});

describe('a shard', () => {
  it('has its records sorted by identity and each identity once', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 40 }), (list) => {
        const shard = shardOf(list);
        for (const layout of [V4, V6]) {
          const identities = recordsOf(shard)
            .filter((record) => record.length === layout.size)
            .map((record) => record.toString('hex', 0, layout.identityLength));
          expect(identities).to.deep.equal([...new Set(identities)].sort());
        }
      }),
    );
  });

  it('finds every record that it has and no other', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 40 }), records, (list, other) => {
        const shard = shardOf(list);
        for (const record of list)
          expect(shard.find(record.length === V4.size ? V4 : V6, record).found).to.equal(true);
        const layout = other.length === V4.size ? V4 : V6;
        const isThere = list.some(
          (record) =>
            record.length === other.length &&
            record.subarray(0, layout.identityLength).equals(other.subarray(0, layout.identityLength)),
        );
        expect(shard.find(layout, other).found).to.equal(isThere);
      }),
    );
  });

  it("finds a peer's records, from any of them or from where one would be as from nothing", () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 40 }), records, (list, other) => {
        const shard = shardOf([...list, other]);
        for (const record of [...list, other]) {
          for (const layout of [V4, V6]) {
            const places = Array.from(
              { length: shard.countOf(layout) },
              (_, i) => shard.start(layout) + i * layout.size,
            );
            const own = places.filter((at) => shard.bytes.compare(record, 0, 20, at, at + 20) === 0);
            const found = shard.recordsOf(layout, record);
            expect((found.to - found.from) / layout.size).to.equal(own.length);
            if (own.length > 0) expect(found.from).to.equal(own[0]);
            for (const near of [...own, found.to])
              expect(shard.recordsOf(layout, record, near)).to.deep.equal(found);
          }
        }
      }),
    );
  });

  it('is stored as it is by now: under another header, or compacted before it was sealed', () => {
    fc.assert(
      fc.property(shards(0), records, fc.nat(1000), (shard, record, generation) => {
        const sealed = Shard.decode(0, shard.seal());
        const header = { ...sealed.header, generation };
        expect(Shard.decode(0, sealed.withHeader(header).seal()).header).to.deep.equal(header);
        const layout = record.length === V4.size ? V4 : V6;
        const within = Buffer.alloc(sealed.bytes.length + 8);
        within.set(sealed.bytes, 8);
        const { v4Count, v6Count } = sealed;
        const cut = Shard.of(header, within.subarray(8), v4Count, v6Count).compact().with(layout, record);
        expect(Shard.decode(0, cut.seal()).header).to.deep.equal(header);
        expect(recordsOf(Shard.decode(0, cut.compact().seal()))).to.deep.equal(recordsOf(cut));
        const unsealed = Shard.of(header, within.subarray(8), v4Count, v6Count).compact();
        expect(Shard.decode(0, unsealed.seal()).header).to.deep.equal(header);
      }),
    );
  });

  it('is never changed by what is done to it', () => {
    fc.assert(
      fc.property(shards(0), records, (shard, record) => {
        const before = shard.seal().toString('hex');
        shard.with(record.length === V4.size ? V4 : V6, record);
        expect(shard.bytes.toString('hex')).to.equal(before);
      }),
    );
  });

  it('becomes, as a draft that is changed in place, what it would become by copies', () => {
    fc.assert(
      fc.property(shards(0), fc.array(records, { maxLength: 60 }), (shard, list) => {
        const before = shard.seal().toString('hex');
        let draft = shard;
        let copy = shard;
        for (const record of [...list, ...list]) {
          const layout = record.length === V4.size ? V4 : V6;
          draft = draft.put(layout, record);
          copy = copy.with(layout, record);
        }
        expect(draft.seal().toString('hex')).to.equal(copy.seal().toString('hex'));
        expect(shard.bytes.toString('hex')).to.equal(before);
      }),
    );
  });

  it('has the checksum of all its bytes, whether they were read for it or only what had changed', () => {
    fc.assert(
      fc.property(shards(0), fc.array(records, { maxLength: 60 }), fc.boolean(), (shard, list, inPlace) => {
        let changed = Shard.decode(0, shard.seal());
        for (const record of [...recordsOf(shard), ...list]) {
          const layout = record.length === V4.size ? V4 : V6;
          const newer = Buffer.from(record);
          setDate(newer, layout, dateOf(record, 0, layout) + 1000);
          changed = inPlace ? changed.put(layout, newer) : changed.with(layout, newer);
        }
        const { header, bytes, v4Count, v6Count } = changed;
        const anew = Shard.of(header, Buffer.from(bytes), v4Count, v6Count).seal();
        expect(changed.seal().toString('hex')).to.equal(anew.toString('hex'));
        expect(recordsOf(Shard.decode(0, changed.seal()))).to.deep.equal(recordsOf(changed));
      }),
    );
  });

  it('has it also if far more records come behind the changed one than a shard should have', () => {
    let shard = shardOf(upTo(2200).map((number) => recordOf(number, { seen: 1000 })));
    shard = Shard.decode(0, shard.seal());
    for (const at of [0, 1, 2199]) {
      const position = shard.start(V4) + at * V4.size;
      const newer = Buffer.from(shard.bytes.subarray(position, position + V4.size));
      setDate(newer, V4, 1001 * 16);
      shard = shard.with(V4, newer);
      expect(Shard.decode(0, shard.seal()).count).to.equal(2200);
    }
  });

  it('is copied once for any number of newer records of its peers, and not changed any more once it is sealed', () => {
    const shard = shardOf(upTo(20).map((number) => recordOf(number, { seen: 1000 })));
    shard.seal();
    const draft = shard.put(V4, recordOf(1, { seen: 1001 }));
    expect(draft).to.not.equal(shard);
    for (const number of upTo(20)) {
      expect(draft.put(V4, recordOf(number, { seen: 1002 }))).to.equal(draft);
    }
    expect(recordsOf(draft)).to.deep.equal(upTo(20).map((number) => recordOf(number, { seen: 1002 })));
    const sealed = Buffer.from(draft.seal());
    expect(draft.put(V4, recordOf(1, { seen: 1003 }))).to.not.equal(draft);
    expect(draft.bytes).to.deep.equal(sealed);
  });

  it('stays the same object when a record brings nothing newer', () => {
    const [record] = fc.sample(records, 1);
    const layout = record?.length === V4.size ? V4 : V6;
    const shard = shardOf(record === undefined ? [] : [record]);
    expect(shard.with(layout, record ?? Buffer.alloc(0))).to.equal(shard);
  });

  it('begins with the depth at which it was split off', () => {
    expect([0, 1, 2, 3, 4, 12].map((n) => newHeader(n).depth)).to.deep.equal([0, 1, 2, 2, 3, 4]);
  });

  it('owns no peer while it forwards', () => {
    expect(owns({ ...newHeader(0), forwarding: true }, 0)).to.equal(false);
  });
});

function rechecked(bytes: Buffer): void {
  bytes.writeUInt32BE(crc32(bytes.subarray(4)), 0);
}
