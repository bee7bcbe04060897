import { expect } from 'chai';

import { Code } from '../riak-double/messages.js';
import { eventually } from '../support/eventually.js';
import { recoveryMs, slackMs, TrackerOnRiak } from './support/tracker-on-riak.js';

describe('The tracker on Riak, while nodes are away', function () {
  this.timeout(120_000);

  let harness: TrackerOnRiak;

  before(async () => {
    harness = await TrackerOnRiak.start(3);
  });
  after(() => harness.dispose());

  beforeEach(() => {
    harness.changeSwarms();
  });
  afterEach(() => harness.heal());

  it('serves every announce while one of three accepts connections and never answers', async () => {
    harness.double.nodes[1]?.pause();
    const peers = harness.newPeers(120);
    expect(await harness.announceAll(peers, 3)).to.have.members(peers);
    await harness.expectStored(peers);
  });

  it('answers in time while all pause for 5 s, and goes on by itself after it', async () => {
    for (const node of harness.double.nodes) node.pauseFor(5000);
    const began = performance.now();
    const acknowledged: number[] = [];
    while (performance.now() - began < 4000) {
      acknowledged.push(...(await harness.announceAll(harness.newPeers(20), 1)));
    }
    expect(acknowledged).to.deep.equal([]);
    expect(await harness.announcer.health()).to.equal(503);
    await harness.untilHealth(200);
    const peers = harness.newPeers(60);
    expect(await harness.announceAll(peers, 3)).to.have.members(peers);
    await harness.expectStored(peers);
  });

  it('fails at once while all are down, says when to come back, is unhealthy, and heals without a restart', async () => {
    const before = harness.newPeers(60);
    expect(await harness.announceAll(before, 1)).to.have.members(before);
    const { pid } = harness.tracker;
    for (const node of harness.double.nodes) await node.stop();
    await harness.untilHealth(503);
    const outcomes = await Promise.all(harness.newPeers(100).map((peer) => harness.announce(peer)));
    expect(outcomes.filter(({ acknowledged }) => acknowledged)).to.deep.equal([]);
    const [one = 0] = harness.newPeers(1);
    expect((await harness.announce(one)).milliseconds).to.be.below(slackMs);
    for (const node of harness.double.nodes) await node.start();
    await harness.untilHealth(200);
    const after = harness.newPeers(60);
    expect(await harness.announceAll(after, 3)).to.have.members(after);
    await harness.expectStored([...before, ...after]);
    expect(harness.tracker.pid).to.equal(pid);
  });
});

describe('The tracker on Riak, started while some nodes are down', function () {
  this.timeout(120_000);

  let harness: TrackerOnRiak;

  before(async () => {
    harness = await TrackerOnRiak.start(3, async ({ nodes }) => {
      await nodes[0]?.stop();
      await nodes[1]?.stop();
    });
  });
  after(() => harness.dispose());

  it('serves with those that are up, and takes in the others when they come', async () => {
    const peers = harness.newPeers(20);
    expect(await harness.announceAll(peers, 1)).to.have.members(peers);
    const [first] = harness.double.nodes;
    await first?.start();
    await eventually('the node that came is written to', recoveryMs, async () => {
      expect(await harness.announceAll(harness.newPeers(5), 1)).to.have.length(5);
      return (first?.operations.count(Code.putRequest) ?? 0) > 0;
    });
  });
});

describe('The log of a tracker whose Riak goes away and comes back', function () {
  this.timeout(120_000);

  let harness: TrackerOnRiak;

  before(async () => {
    // Its own: a line that another outage has had within half a minute is only counted.
    harness = await TrackerOnRiak.start(3);
  });
  after(() => harness.dispose());

  it('has a line when an outage begins, none for each announce that fails, and one when it is over', async () => {
    const isOf = (name: string) => (line: string) => line.includes(`"event":"${name}"`);
    const from = harness.tracker.program.stderr.length;
    for (const node of harness.double.nodes) await node.stop();
    await harness.untilHealth(503);
    for (let round = 0; round < 10; round++) {
      await Promise.all(harness.newPeers(50).map((peer) => harness.announce(peer)));
    }
    for (const node of harness.double.nodes) await node.start();
    await harness.untilHealth(200);
    const lines = harness.tracker.program.stderr.slice(from).split('\n').filter(Boolean);
    expect(lines.filter(isOf('unhealthy')), lines.join('\n')).to.have.length(1);
    expect(lines.filter(isOf('healthy')), lines.join('\n')).to.have.length(1);
    expect(lines.filter(isOf('riak node up')), lines.join('\n')).to.have.length.within(1, 3);
    // The first few that differ, and counts.
    expect(lines.length, lines.join('\n')).to.be.below(20);
  });
});
