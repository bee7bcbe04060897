import { expect } from 'chai';

import { ReadOperation } from '../../lib/swarm/operation.js';
import { WarmShards } from '../../lib/swarm/warm-shards.js';
import { KEY, Site, upTo } from './site.js';

const read = new ReadOperation(undefined);
const swarm = (number: number): string => number.toString(16).padStart(40, '0');
/** What a lane without a stored shard is taken to weigh, at most. */
const LANE = 1000;

describe('the shards of a process', () => {
  it('have one lane each', () => {
    const shards = new WarmShards(new Site().context, 1e9);
    expect(shards.peek(KEY, 0)).to.equal(undefined);
    const lane = shards.lane(KEY, 0);
    expect(shards.lane(KEY, 0)).to.equal(lane);
    expect(shards.peek(KEY, 0)).to.equal(lane);
    expect(shards.lane(KEY, 1)).to.not.equal(lane);
    expect(shards.lane(swarm(1), 0)).to.not.equal(lane);
    expect(shards.lane(KEY, 6).n).to.equal(6);
  });

  it('are dropped when they outgrow the bound, the longest unused first', async () => {
    const shards = new WarmShards(new Site().context, 10 * LANE);
    for (const number of upTo(100)) await shards.lane(swarm(number), 0).submit(read);
    const kept = upTo(100).filter((number) => shards.peek(swarm(number), 0) !== undefined);
    expect(kept.length).to.be.within(10, 30);
    expect(kept).to.deep.equal(upTo(100).slice(100 - kept.length));
  });

  it('stay when they are used again and again', async () => {
    const shards = new WarmShards(new Site().context, 10 * LANE);
    const lane = shards.lane(KEY, 0);
    for (const number of upTo(100)) {
      await shards.lane(swarm(number), 0).submit(read);
      await shards.lane(KEY, 0).submit(read);
    }
    expect(shards.peek(KEY, 0)).to.equal(lane);
  });

  it('stay while something is under way with them, so that the process does not compete with itself', async () => {
    let release: (() => void) | undefined;
    const site = new Site(
      {},
      {
        schedule: (label) =>
          label === `fetch ${KEY}` ? new Promise((resolve) => (release = resolve)) : Promise.resolve(),
      },
    );
    const shards = new WarmShards(site.context, 0);
    const lane = shards.lane(KEY, 0);
    const landing = lane.submit(read);
    for (const number of upTo(20)) await shards.lane(swarm(number), 0).submit(read);
    await new Promise(setImmediate);
    expect(shards.peek(KEY, 0)).to.equal(lane);
    expect(upTo(20).filter((number) => shards.peek(swarm(number), 0) !== undefined)).to.deep.equal([]);
    release?.();
    await landing;
    await new Promise(setImmediate);
    expect(shards.peek(KEY, 0)).to.equal(undefined);
  });
});
