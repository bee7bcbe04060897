import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';

import { announceTimeoutMs, slackMs, TrackerOnRiak } from './support/tracker-on-riak.js';

const frozenMs = 15_000;

describe('The tracker on Riak, frozen by SIGSTOP for 15 s', function () {
  this.timeout(120_000);

  let harness: TrackerOnRiak;

  before(async () => {
    harness = await TrackerOnRiak.start(2);
  });
  after(async () => {
    process.kill(harness.tracker.pid, 'SIGCONT');
    await harness.dispose();
  });

  it('goes on when it is thawed: what waited is answered in time, nothing is lost or counted twice', async () => {
    const { announcer, double, tracker } = harness;
    const peers = harness.newPeers(30);
    expect(await harness.announceAll(peers, 1)).to.have.members(peers);

    // Some announces are under way when it freezes, others come while it is frozen, and Riak drops
    // its connections.
    for (const node of double.nodes) node.latency = () => 50;
    const underWay = peers.map((peer) =>
      announcer.announce({ swarm: peer % 3, peer, seeder: true, event: 'completed' }),
    );
    await delay(30);
    process.kill(tracker.pid, 'SIGSTOP');
    const newcomers = harness.newPeers(30);
    const meanwhile = newcomers.map((peer) => announcer.announce({ swarm: peer % 3, peer }));
    await delay(frozenMs / 2);
    for (const node of double.nodes) node.cutConnections();
    await delay(frozenMs / 2);
    const thawedAt = performance.now();
    process.kill(tracker.pid, 'SIGCONT');

    await Promise.all(underWay);
    const outcomes = await Promise.all(meanwhile);
    expect(performance.now() - thawedAt, harness.describe()).to.be.below(announceTimeoutMs + slackMs);
    expect(outcomes.filter(({ acknowledged }) => !acknowledged)).to.deep.equal([]);
    await harness.heal();
    await harness.announceAll(peers, 3, { seeder: true, event: 'completed' });
    await harness.expectStored([...peers, ...newcomers]);
    expect(harness.downloads()).to.be.within(1, peers.length);
  });
});
