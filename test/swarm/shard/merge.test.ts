import { expect } from 'chai';
import fc from 'fast-check';

import { joinHeaders, merge, mergeAll } from '../../../lib/swarm/shard/merge.js';
import { compareAge, V4, V6 } from '../../../lib/swarm/shard/peer-record.js';
import { ownsRecord } from '../../../lib/swarm/shard/header.js';
import type { Shard } from '../../../lib/swarm/shard/shard.js';
import { headers, recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';

const n = 2;
const stored = (shard: Shard): string => shard.withHeader(shard.header).seal().toString('hex');

describe('merging versions of a shard', () => {
  it('gives the same in either order', () => {
    fc.assert(
      fc.property(shards(n), shards(n), (a, b) => {
        expect(stored(merge(a, b))).to.equal(stored(merge(b, a)));
      }),
    );
  });

  it('gives the same however versions are grouped', () => {
    fc.assert(
      fc.property(shards(n), shards(n), shards(n), (a, b, c) => {
        expect(stored(merge(merge(a, b), c))).to.equal(stored(merge(a, merge(b, c))));
      }),
    );
  });

  it('changes nothing when a version comes again', () => {
    fc.assert(
      fc.property(shards(n), shards(n), (a, b) => {
        const merged = merge(a, b);
        expect(stored(merge(merged, b))).to.equal(stored(merged));
        expect(stored(merge(a, a.withHeader(a.header)))).to.equal(stored(a));
      }),
    );
  });

  it('keeps of every peer the newest record of any version', () => {
    fc.assert(
      fc.property(shards(n), shards(n), (a, b) => {
        const newest = new Map<string, Buffer>();
        for (const record of [...recordsOf(a), ...recordsOf(b)]) {
          const layout = record.length === V4.size ? V4 : V6;
          const identity = record.toString('hex', 0, layout.identityLength);
          const known = newest.get(identity);
          if (known === undefined || compareAge(record, 0, known, 0, layout) > 0)
            newest.set(identity, record);
        }
        const merged = recordsOf(merge(a, b)).map((record) => record.toString('hex'));
        expect(merged.sort()).to.deep.equal(
          [...newest.values()].map((record) => record.toString('hex')).sort(),
        );
      }),
    );
  });

  it('knows whether there are misplaced records', () => {
    fc.assert(
      fc.property(shards(n), shards(n), (a, b) => {
        const merged = merge(a, b);
        const misplaced = recordsOf(merged).some((record) => !ownsRecord(merged.header, record, 0));
        expect(merged.header.misplaced).to.equal(misplaced);
      }),
    );
  });

  it('takes the deeper header of one generation, and any of a later one', () => {
    fc.assert(
      fc.property(headers(n), headers(n), (a, b) => {
        const joined = joinHeaders(a, b);
        if (a.generation === b.generation) {
          expect(joined.depth).to.equal(Math.max(a.depth, b.depth));
          expect(joined.forwarding).to.equal(a.forwarding || b.forwarding);
        } else {
          expect(joined).to.deep.equal(a.generation > b.generation ? a : b);
        }
      }),
    );
  });

  it('does not change the versions', () => {
    fc.assert(
      fc.property(shards(n), shards(n), (a, b) => {
        const before = [stored(a), stored(b)];
        merge(a, b);
        expect([stored(a), stored(b)]).to.deep.equal(before);
      }),
    );
  });

  it('of no versions is nothing, of one that one', () => {
    const one = shardOf([]);
    expect(mergeAll([])).to.equal(undefined);
    expect(mergeAll([one])).to.equal(one);
  });
});
