import { expect } from 'chai';
import fc from 'fast-check';

import { StoreUnavailableError } from '../../../lib/store/errors.js';
import { MAX_DEPTH } from '../../../lib/swarm/shard/placement.js';
import { newHeader } from '../../../lib/swarm/shard/header.js';
import { recordsOf, shardOf } from '../../support/swarm-arbitraries.js';
import { numbersIn, recordOf } from '../support/peers.js';
import { KEY, SwarmHarness, upTo } from '../support/swarm-harness.js';
import { put, storedNumbers, writerOf } from '../support/writers.js';

describe('a shard that outgrows its target', () => {
  it('splits: nobody is lost, nobody is twice, and both parts have their peers only', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 9, max: 60 }),
        async (shardPeers, peers) => {
          const harness = new SwarmHarness({ shardPeers });
          const writer = writerOf(harness);
          const outcomes = await Promise.all(
            upTo(peers).map((number) => writer.submit(put(harness, number))),
          );
          const numbers: number[] = [];
          for (const key of await harness.keys()) {
            const [shard] = await harness.shardsAt(key);
            expect(shard?.header.misplaced).to.equal(false);
            expect(shard?.count ?? 0).to.be.at.most(shardPeers);
            numbers.push(...(await storedNumbers(harness, key)));
          }
          expect(numbers.sort((a, b) => a - b)).to.deep.equal(upTo(peers));
          expect(outcomes.every(({ kind }) => kind === 'done' || kind === 'elsewhere')).to.equal(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('writes the child first, so that no peer is ever nowhere', async () => {
    const puts: string[] = [];
    const harness = new SwarmHarness(
      { shardPeers: 4 },
      {
        schedule: (label) => {
          if (label.startsWith('put') && !label.endsWith('answer')) puts.push(label);
          return Promise.resolve();
        },
      },
    );
    const writer = writerOf(harness);
    await Promise.all(upTo(5).map((number) => writer.submit(put(harness, number))));
    expect(puts[0]).to.equal(`put ${KEY}.1`);
    expect(puts.at(-1)).to.equal(`put ${KEY}`);
  });

  it('is not split if the child cannot be stored, and its peers are told so', async () => {
    let fails = true;
    const harness = new SwarmHarness(
      { shardPeers: 4 },
      { fault: (operation, key) => (fails && operation === 'put' && key !== KEY ? 'before' : 'none') },
    );
    const writer = writerOf(harness);
    await Promise.all(upTo(4).map((number) => writer.submit(put(harness, number))));
    const failure = await writer.submit(put(harness, 4)).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StoreUnavailableError);
    expect(await storedNumbers(harness)).to.deep.equal(upTo(4));
    fails = false;
    await writer.submit(put(harness, 4));
    expect((await harness.keys()).length).to.be.above(1);
  });

  it('loses the peers that were silent longest once it cannot split any further', async () => {
    const harness = new SwarmHarness({ shardPeers: 3 });
    const [number = 0] = numbersIn(0, MAX_DEPTH, 1);
    const header = { ...newHeader(0), depth: MAX_DEPTH };
    const now = harness.milliseconds / 1000;
    const list = upTo(9).map((port) => recordOf(number, { port: port + 1, seen: now - port }));
    await harness.overwrite(KEY, Buffer.from(shardOf(list, header).seal()));
    await writerOf(harness).submit(put(harness, number));
    const [shard] = await harness.shardsAt(KEY);
    const ports = (shard === undefined ? [] : recordsOf(shard)).map((record) => record.readUInt16BE(24));
    expect(ports).to.deep.equal([1, 2, 3, 4, 5, 6881]);
    expect(await harness.keys()).to.deep.equal([KEY]);
  });

  it('makes room by dropping who has expired before it splits', async () => {
    const harness = new SwarmHarness({ shardPeers: 4, peerLifetimeSeconds: 100 });
    const writer = writerOf(harness);
    await Promise.all(upTo(4).map((number) => writer.submit(put(harness, number))));
    harness.pass(100);
    await writer.submit(put(harness, 9));
    expect(await harness.keys()).to.deep.equal([KEY]);
    expect(await storedNumbers(harness)).to.deep.equal([9]);
  });
});
