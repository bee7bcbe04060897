import { expect } from 'chai';

import { ReadOperation } from '../../lib/swarm/operation.js';
import { V4 } from '../../lib/swarm/peer-record.js';
import { MoveOperation } from '../../lib/swarm/relocation.js';
import { WarmShards } from '../../lib/swarm/warm-shards.js';
import { shardOf } from '../support/swarm-arbitraries.js';
import { recordOf } from './peers.js';
import { KEY, Site, upTo } from './site.js';

const read = new ReadOperation(undefined);
const put = (record: Buffer): MoveOperation => new MoveOperation(V4, record);
const swarm = (number: number): string => number.toString(16).padStart(40, '0');
/** What a lane without a stored shard is taken to weigh. */
const LANE = 800;

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
    await new Promise(setImmediate);
    const kept = upTo(100).filter((number) => shards.peek(swarm(number), 0) !== undefined);
    expect(kept).to.have.length(10);
    expect(kept).to.deep.equal(upTo(100).slice(100 - kept.length));
  });

  it('weigh what they remember, as much as that is now', async () => {
    const site = new Site();
    const peers = 1000;
    const large = shardOf(upTo(peers).map((number) => recordOf(number, { seen: 10_000 })));
    await site.overwrite(KEY, large.seal());
    const shards = new WarmShards(site.context, 60 * LANE);
    const lane = shards.lane(KEY, 0);
    await lane.submit(read);
    expect(lane.weight).to.equal(20 + peers * 31);
    const others = async (from: number): Promise<number> => {
      for (const number of upTo(60)) {
        await shards.lane(swarm(from + number), 0).submit(read);
        await lane.submit(read);
      }
      return upTo(60).filter((number) => shards.peek(swarm(from + number), 0) !== undefined).length;
    };
    const room = Math.floor((60 * LANE - 20 - peers * 31 - LANE) / LANE);
    expect(await others(100)).to.be.within(room - 1, room);
    // All of its peers expire, and it becomes light.
    site.pass(3000);
    await lane.submit(put(recordOf(1, { seen: 13_000 })));
    expect(lane.weight).to.equal(20 + 31);
    expect(await others(200)).to.be.within(58, 59);
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
