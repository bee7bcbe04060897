import { expect } from 'chai';

import { Code } from '../riak-double/messages.js';
import { eventually } from '../support/eventually.js';
import { recoveryMs, slackMs, TrackerOnRiak } from './support/tracker-on-riak.js';

describe('The tracker on Riak, while nodes are away', function () {
  this.timeout(120_000);

  let site: TrackerOnRiak;

  before(async () => {
    site = await TrackerOnRiak.start(3);
  });
  after(() => site.dispose());

  beforeEach(() => {
    site.changeSwarms();
  });
  afterEach(() => site.heal());

  it('serves every announce while one of three accepts connections and never answers', async () => {
    site.double.nodes[1]?.pause();
    const peers = site.newPeers(120);
    expect(await site.announceAll(peers, 3)).to.have.members(peers);
    await site.expectStored(peers);
  });

  it('answers in time while all pause for 5 s, and goes on by itself after it', async () => {
    for (const node of site.double.nodes) node.pauseFor(5000);
    const began = performance.now();
    const acknowledged: number[] = [];
    while (performance.now() - began < 4000) {
      acknowledged.push(...(await site.announceAll(site.newPeers(20), 1)));
    }
    expect(acknowledged).to.deep.equal([]);
    expect(await site.announcer.health()).to.equal(503);
    await site.untilHealth(200);
    const peers = site.newPeers(60);
    expect(await site.announceAll(peers, 3)).to.have.members(peers);
    await site.expectStored(peers);
  });

  it('fails at once while all are down, says when to come back, is unhealthy, and heals without a restart', async () => {
    const before = site.newPeers(60);
    expect(await site.announceAll(before, 1)).to.have.members(before);
    const { pid } = site.tracker;
    for (const node of site.double.nodes) await node.stop();
    await site.untilHealth(503);
    const outcomes = await Promise.all(site.newPeers(100).map((peer) => site.announce(peer)));
    expect(outcomes.filter(({ acknowledged }) => acknowledged)).to.deep.equal([]);
    const [one = 0] = site.newPeers(1);
    expect((await site.announce(one)).milliseconds).to.be.below(slackMs);
    for (const node of site.double.nodes) await node.start();
    await site.untilHealth(200);
    const after = site.newPeers(60);
    expect(await site.announceAll(after, 3)).to.have.members(after);
    await site.expectStored([...before, ...after]);
    expect(site.tracker.pid).to.equal(pid);
  });
});

describe('The tracker on Riak, started while some nodes are down', function () {
  this.timeout(120_000);

  let site: TrackerOnRiak;

  before(async () => {
    site = await TrackerOnRiak.start(3, async ({ nodes }) => {
      await nodes[0]?.stop();
      await nodes[1]?.stop();
    });
  });
  after(() => site.dispose());

  it('serves with those that are up, and takes in the others when they come', async () => {
    const peers = site.newPeers(20);
    expect(await site.announceAll(peers, 1)).to.have.members(peers);
    const [first] = site.double.nodes;
    await first?.start();
    await eventually('the node that came is written to', recoveryMs, async () => {
      expect(await site.announceAll(site.newPeers(5), 1)).to.have.length(5);
      return (first?.operations.count(Code.putRequest) ?? 0) > 0;
    });
  });
});
