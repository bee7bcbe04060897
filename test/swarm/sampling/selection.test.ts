import { expect } from 'chai';
import fc from 'fast-check';

import { parseAddress } from '../../../lib/bittorrent/address.js';
import { Scope } from '../../../lib/bittorrent/address-scope.js';
import { PARTIAL_SEED, SEEDER, STOPPED, V4 } from '../../../lib/swarm/shard/peer-record.js';
import { selectPeers, type SelectedPeers, type Wanted } from '../../../lib/swarm/sampling/selection.js';
import { newHeader, ownsRecord } from '../../../lib/swarm/shard/header.js';
import type { Shard } from '../../../lib/swarm/shard/shard.js';
import { defined } from '../../support/defined.js';
import { seededRandom } from '../../support/seeded-random.js';
import { dated, records, recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
import { numbersIn, peerIdOf, recordOf, v6Of } from '../support/peers.js';

const everybody: Wanted = {
  limit: 1000,
  self: recordOf(999_999),
  downloadersOnly: false,
  withIds: false,
  expiryCutoff: 0,
};

const limits = fc.integer({ min: 0, max: 60 });
const expiryCutoffs = fc.integer({ min: 995, max: 1022 });

/**
 * A swarm of up to three shards, misplaced records among their records, and who asks: mostly
 * somebody of the swarm.
 */
const questions = fc.record({
  drawn: fc.tuple(shards(0), shards(1), shards(2)).map((list) => [...list]),
  self: records,
  limit: limits,
  downloadersOnly: fc.boolean(),
  expiryCutoff: expiryCutoffs,
  overdueCutoff: expiryCutoffs,
  seed: fc.nat(),
});

/** The endpoints of a selection, in hex. */
function endpointsOf({ v4, v6 }: SelectedPeers): string[] {
  return [...slices(v4, 6), ...slices(v6, 18)];
}

function slices(bytes: Uint8Array, size: number): string[] {
  expect(bytes.length % size).to.equal(0);
  const list: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    list.push(Buffer.from(bytes.subarray(at, at + size)).toString('hex'));
  }
  return list;
}

const endpointOf = (record: Buffer): string => record.toString('hex', 20, record.length - 5);
const peerIdIn = (record: Buffer): string => record.toString('hex', 0, 20);

/** The endpoints that a selection may have, as going through the records one by one finds them. */
function eligible(drawn: readonly Shard[], wanted: Wanted): Set<string> {
  return new Set(eligibleRecords(drawn, wanted).map(endpointOf));
}

function eligibleRecords(drawn: readonly Shard[], wanted: Wanted): Buffer[] {
  const self = Buffer.from(wanted.self);
  const found: Buffer[] = [];
  for (const shard of drawn) {
    for (const record of recordsOf(shard)) {
      const flags = record.readUInt8(record.length - 1) & 15;
      if (!ownsRecord(shard.header, record, 0)) continue;
      if (record.readUInt32BE(record.length - 5) <= wanted.expiryCutoff || (flags & STOPPED) !== 0) continue;
      if (wanted.downloadersOnly && (flags & (SEEDER | PARTIAL_SEED)) !== 0) continue;
      if (peerIdIn(record) === peerIdIn(self) || endpointOf(record) === endpointOf(self)) continue;
      found.push(record);
    }
  }
  return found;
}

describe('the peers of a reply', () => {
  it('are as many different wanted endpoints as there are, up to the limit', () => {
    fc.assert(
      fc.property(questions, ({ drawn, seed, ...question }) => {
        const wanted = { ...question, withIds: false };
        const all = eligible(drawn, wanted);
        const given = endpointsOf(selectPeers(drawn, wanted, seededRandom(seed)));
        expect(new Set(given).size).to.equal(given.length);
        expect(given.filter((endpoint) => !all.has(endpoint))).to.deep.equal([]);
        expect(given.length).to.equal(Math.min(wanted.limit, all.size));
      }),
      { numRuns: 300 },
    );
  });

  it('come with their own ids if asked for', () => {
    fc.assert(
      fc.property(questions, ({ drawn, seed, ...question }) => {
        const chosen = selectPeers(drawn, { ...question, withIds: true }, seededRandom(seed));
        const known = new Set(
          drawn.flatMap((shard) => recordsOf(shard)).map((record) => peerIdIn(record) + endpointOf(record)),
        );
        const ids = [
          ...slices(chosen.ids4 ?? new Uint8Array(), 20),
          ...slices(chosen.ids6 ?? new Uint8Array(), 20),
        ];
        const endpoints = endpointsOf(chosen);
        expect(ids.length).to.equal(endpoints.length);
        for (const [i, endpoint] of endpoints.entries())
          expect(known.has(`${ids[i] ?? ''}${endpoint}`)).to.equal(true);
      }),
    );
  });

  it('come without ids if not', () => {
    const source = shardOf([recordOf(1)]);
    expect(selectPeers([source], everybody, Math.random)).to.have.all.keys('v4', 'v6');
  });

  it('are never the peer itself, not at its other address and not under its former id', () => {
    const shard = shardOf([
      recordOf(1),
      recordOf(1, { address: v6Of(1) }),
      recordOf(1, { port: 7000 }),
      recordOf(2, { address: recordOf(1).subarray(20, 24) }),
    ]);
    const wanted = { ...everybody, self: recordOf(1) };
    expect(endpointsOf(selectPeers([shard], wanted, Math.random))).to.deep.equal([]);
  });

  it('have an endpoint once, though a restarted client announced it under two ids in two shards', () => {
    const drawn = [0, 1].map((n) => {
      const [number = 0] = numbersIn(n, 1, 1);
      const endpoint = { address: v6Of(5), port: 5 };
      return shardOf([recordOf(number, endpoint)], { ...newHeader(n), depth: 1 });
    });
    expect(endpointsOf(selectPeers(drawn, everybody, Math.random))).to.have.length(1);
  });

  it('are downloaders for a seeder: no seeders and no partial seeds', () => {
    const shard = shardOf([
      recordOf(1, { flags: SEEDER }),
      recordOf(2, { flags: PARTIAL_SEED }),
      recordOf(3),
      recordOf(4, { address: v6Of(4) }),
    ]);
    const given = endpointsOf(selectPeers([shard], { ...everybody, downloadersOnly: true }, Math.random));
    expect(given).to.deep.equal([recordOf(3), recordOf(4, { address: v6Of(4) })].map(endpointOf));
  });

  it('are none for a limit of none, and none of an empty swarm', () => {
    const shard = shardOf([recordOf(1)]);
    expect(endpointsOf(selectPeers([shard], { ...everybody, limit: 0 }, Math.random))).to.deep.equal([]);
    expect(endpointsOf(selectPeers([shardOf([])], everybody, Math.random))).to.deep.equal([]);
    expect(endpointsOf(selectPeers([], everybody, Math.random))).to.deep.equal([]);
  });

  for (const constant of [0, 0.5, 0.999999, 1 - 2 ** -53]) {
    it(`are all there when fewer than the limit, with random numbers that are always ${constant}`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 120 }), (count) => {
          const list = Array.from({ length: count }, (_, number) =>
            number % 3 === 0 ? recordOf(number, { address: v6Of(number) }) : recordOf(number),
          );
          const given = selectPeers([shardOf(list)], everybody, () => constant);
          expect(endpointsOf(given).sort()).to.deep.equal(list.map(endpointOf).sort());
        }),
      );
    });
  }

  it('are those of the family of the peer that asks before any other', () => {
    fc.assert(
      fc.property(questions, ({ drawn, seed, ...question }) => {
        const wanted = { ...question, withIds: false };
        const { v4, v6 } = selectPeers(drawn, wanted, seededRandom(seed));
        const [first, second, size] = wanted.self.length === V4.size ? [v4, v6, 6] : [v6, v4, 18];
        const ofFamily = [...eligible(drawn, wanted)].filter((endpoint) => endpoint.length === 2 * size);
        expect(first.length / size).to.equal(Math.min(wanted.limit, ofFamily.length));
        if (ofFamily.length >= wanted.limit) expect(second.length).to.equal(0);
      }),
      { numRuns: 300 },
    );
  });

  it('are one of each address that is not overdue before any that is, and overdue ones where these are few', () => {
    const seenIn = (record: Buffer): number => record.readUInt32BE(record.length - 5);
    // Of IPv6 the network of 64 bits.
    const addressIn = (endpoint: string): string => endpoint.slice(0, endpoint.length === 12 ? 8 : 16);
    let withOverdue = 0;
    let withoutSome = 0;
    fc.assert(
      fc.property(questions, ({ drawn, seed, ...question }) => {
        const wanted = { ...question, withIds: false };
        const all = eligibleRecords(drawn, wanted);
        const current = all.filter((record) => seenIn(record) > wanted.overdueCutoff).map(endpointOf);
        const given = endpointsOf(selectPeers(drawn, wanted, seededRandom(seed)));
        for (const size of [12, 36]) {
          const ofFamily = (endpoint: string): boolean => endpoint.length === size;
          const addresses = new Set(current.filter(ofFamily).map(addressIn));
          const overdue = given.filter((endpoint) => ofFamily(endpoint) && !current.includes(endpoint));
          if (overdue.length === 0) continue;
          withOverdue++;
          if (given.length < all.length) withoutSome++;
          const givenAddresses = given.filter((endpoint) => current.includes(endpoint)).map(addressIn);
          expect(givenAddresses).to.include.members([...addresses]);
        }
      }),
      { numRuns: 1000 },
    );
    expect(withOverdue).to.be.above(100);
    expect(withoutSome).to.be.above(20);
  });

  it('are overdue ones only as far as the others do not fill the reply', () => {
    const numbers = Array.from({ length: 200 }, (_, number) => number);
    const isOverdue = (number: number): boolean => number % 4 === 0;
    const drawn = [
      shardOf(numbers.map((number) => dated(recordOf(number), (isOverdue(number) ? 1000 : 2000) * 16))),
    ];
    const overdue = numbers.filter(isOverdue).map((number) => endpointOf(recordOf(number)));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 210 }), fc.nat(), (limit, seed) => {
        const wanted = { ...everybody, limit, overdueCutoff: 1000 };
        const given = endpointsOf(selectPeers(drawn, wanted, seededRandom(seed)));
        expect(given).to.have.length(Math.min(limit, 200));
        const last = given.filter((endpoint) => overdue.includes(endpoint));
        expect(last).to.have.length(Math.min(50, Math.max(0, limit - 150)));
      }),
    );
  });

  it('are late peers before the second one of an address with thousands of ports', () => {
    const late = Array.from({ length: 20 }, (_, n) => dated(recordOf(n), 1000 * 16));
    const flood = Array.from({ length: 2000 }, (_, n) =>
      dated(recordOf(1000 + n, { address: Uint8Array.of(198, 51, 100, 7), port: 1000 + n }), 2000 * 16),
    );
    const wanted = { ...everybody, limit: 50, overdueCutoff: 1000 };
    for (let seed = 0; seed < 20; seed++) {
      const given = endpointsOf(selectPeers([shardOf([...late, ...flood])], wanted, seededRandom(seed)));
      expect(given).to.include.members(late.map(endpointOf));
      expect(new Set(given).size).to.equal(50);
    }
  });

  it('are every wanted peer of a family about equally often, whatever lies beside it and in whichever shard', () => {
    const random = seededRandom(7);
    const [even, odd] = [0, 1].map((n) => numbersIn(n, 1, n === 0 ? 50 : 31)) as [number[], number[]];
    // Every other one of the lower half has stopped, so some wanted peers lie beside wanted ones
    // and some do not.
    const list = (numbers: number[]): Buffer[] =>
      numbers.map((number, i) =>
        recordOf(number, {
          ...(i % 5 === 0 ? { address: v6Of(number) } : {}),
          flags: i < numbers.length / 2 && i % 2 === 0 ? STOPPED : 0,
        }),
      );
    const drawn = [shardOf(list(even), { ...newHeader(0), depth: 1 }), shardOf(list(odd), newHeader(1))];
    const all = eligible(drawn, everybody);
    const ofV4 = [...all].filter((endpoint) => endpoint.length === 12);
    const ofV6 = [...all].filter((endpoint) => endpoint.length === 36);
    for (const [limit, family, each] of [
      [10, ofV4, 10 / ofV4.length],
      [ofV4.length + 5, ofV6, 5 / ofV6.length],
    ] as const) {
      const rounds = 8000;
      const times = new Map<string, number>(family.map((endpoint) => [endpoint, 0]));
      for (let round = 0; round < rounds; round++) {
        for (const endpoint of endpointsOf(selectPeers(drawn, { ...everybody, limit }, random))) {
          const known = times.get(endpoint);
          if (known !== undefined) times.set(endpoint, known + 1);
        }
      }
      // At least 1,400 each; 40 is one standard deviation.
      for (const count of times.values()) {
        expect(count).to.be.within(rounds * each * 0.85, rounds * each * 1.15);
      }
    }
  });

  it('do not have the same neighbours every time', () => {
    const random = seededRandom(1);
    const shard = shardOf(Array.from({ length: 101 }, (_, number) => recordOf(number)));
    const pairs = new Set<string>();
    for (let round = 0; round < 500; round++) {
      pairs.add(endpointsOf(selectPeers([shard], { ...everybody, limit: 2 }, random)).join());
    }
    expect(pairs.size).to.be.above(450);
  });

  it('leave the shard as it was', () => {
    const shard = shardOf([recordOf(1), recordOf(2)]);
    const before = Buffer.from(shard.bytes);
    const { v4 } = selectPeers([shard], everybody, Math.random);
    v4.fill(0xff);
    expect(shard.bytes).to.deep.equal(before);
    expect(shard.countOf(V4)).to.equal(2);
    expect(peerIdOf(1)).to.deep.equal(Buffer.from(shard.bytes.subarray(shard.v4At, shard.v4At + 20)));
  });

  it('have every peer of other addresses before the second one of an address with thousands of ports', () => {
    const flood = Uint8Array.of(198, 51, 100, 7);
    const real = Array.from({ length: 20 }, (_, n) => recordOf(n));
    const ports = Array.from({ length: 5000 }, (_, n) =>
      recordOf(1000 + n, { address: flood, port: 1000 + n }),
    );
    const drawn = [shardOf([...real, ...ports])];
    for (let seed = 0; seed < 50; seed++) {
      const given = endpointsOf(selectPeers(drawn, { ...everybody, limit: 50 }, seededRandom(seed)));
      expect(given).to.include.members(real.map(endpointOf));
      // The others fill what is left.
      expect(new Set(given).size).to.equal(50);
    }
    const few = endpointsOf(selectPeers(drawn, { ...everybody, limit: 20 }, seededRandom(1)));
    expect(few.filter((endpoint) => endpoint.startsWith('c6336407'))).to.have.length.at.most(1);
  });

  it('have every peer of other networks before the second one of an IPv6 network of 64 bits', () => {
    const real = Array.from({ length: 20 }, (_, n) => {
      const address = v6Of(n);
      address.writeUInt16BE(n, 6);
      return recordOf(n, { address });
    });
    const flood = Array.from({ length: 2000 }, (_, n) => {
      const address = v6Of(1000 + n);
      address.writeUInt16BE(0xffff, 6);
      return recordOf(1000 + n, { address });
    });
    const given = endpointsOf(
      selectPeers(
        [shardOf([...real, ...flood])],
        { ...everybody, self: recordOf(9999, { address: v6Of(5) }), limit: 50 },
        seededRandom(1),
      ),
    );
    expect(given).to.include.members(real.map(endpointOf));
    expect(new Set(given).size).to.equal(50);
  });

  it('never have the endpoint of who asks, also if others have its address', () => {
    for (const address of [Uint8Array.of(198, 51, 100, 7), v6Of(7)]) {
      const mine = recordOf(1, { address });
      const same = recordOf(2, { address });
      const others = [3, 4].map((n) => recordOf(n, { address, port: 7000 + n }));
      const given = endpointsOf(
        selectPeers([shardOf([mine, same, ...others])], { ...everybody, self: mine }, seededRandom(1)),
      );
      expect(given.sort()).to.deep.equal(others.map(endpointOf).sort());
    }
  });

  it('have no address that is of no use to who asks', () => {
    const addresses = {
      none: ['0.0.0.0', '224.0.0.1', '255.255.255.255', '::', 'ff02::1'],
      machine: ['127.0.0.1', '169.254.1.1', '::1', 'fe80::1'],
      network: ['10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fd00::1'],
      world: [
        '198.51.100.1',
        '100.1.1.1',
        '172.32.0.1',
        '192.0.2.1',
        '169.1.1.1',
        '2001:db8::1',
        '64:ff9b::1',
      ],
    };
    const all = Object.values(addresses)
      .flat()
      .map((text, n) => recordOf(n, { address: defined(parseAddress(text)) }));
    const given = (scope: Scope): number =>
      endpointsOf(
        selectPeers([shardOf(all)], { ...everybody, minScopes: { v4: scope, v6: scope } }, seededRandom(1)),
      ).length;
    expect(given(Scope.world)).to.equal(7);
    expect(given(Scope.network)).to.equal(7 + 5);
    expect(given(Scope.machine)).to.equal(7 + 5 + 4);
    expect(given(Scope.none)).to.equal(all.length);
  });
});
