/**
 * What a tracker makes of a cluster whose nodes fail, as three nodes of Riak do, with as many swarms
 * as the real ones were measured with.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import { Code } from '../riak-double/messages.js';
import { ColdHarness, forEach, type ColdProcess } from './support/cold-processes.js';
import { upTo } from './support/numbered.js';

const SWARMS = 1000;
const DOWNLOADS = 500;
const STOPS = 500;
/** `started` and `completed` one after the other. */
const PAIRS = 5000;
/** Longer than any call, and than any pause before a node is asked again. */
const FROZEN_MS = 20_000;
const OTHER = 1_000_000;
/** Some of their keys have two copies on it. */
const AWAY = 0;
/** Never by itself. */
const handoffAfterMs = 1e9;

describe('The tracker on three nodes of Riak', function () {
  this.timeout(180_000);

  let harness: ColdHarness;

  afterEach(() => harness.close());

  const stop = async (): Promise<void> => harness.double.nodes[AWAY]?.stop();
  const start = async (): Promise<void> => harness.double.nodes[AWAY]?.start();

  /** What a process that has just started is told of swarms. */
  async function seen(
    swarms: readonly number[],
  ): Promise<{ peers: number; empty: number; downloads: number }> {
    const cold = harness.process();
    const sum = { peers: 0, empty: 0, downloads: 0 };
    await forEach(swarms, 16, async (swarm) => {
      const { counts, downloads } = await cold.scrape(swarm);
      const peers = counts.seeders + counts.leechers;
      sum.peers += peers;
      sum.empty += peers === 0 ? 1 : 0;
      sum.downloads += downloads;
    });
    const ofConnections = /^riak (node down|connection not opened)$/;
    expect(cold.events.filter((event) => !ofConnections.test(event))).to.deep.equal([]);
    return sum;
  }

  const announceAll = (
    process: ColdProcess,
    swarms: readonly number[],
    event: 'started' | 'completed' | 'stopped',
  ) => forEach(swarms, 16, (swarm) => process.announce(swarm, event));

  /** Another peer of a swarm, which stays: a replica that is behind has something of the swarm. */
  const announceOther = (process: ColdProcess, swarm: number) =>
    process.announce(swarm, 'none', OTHER + swarm);

  it('sees every swarm while a node is down, when it is back without its disk, and when it missed them', async () => {
    harness = await ColdHarness.start({ handoffAfterMs });
    const swarms = upTo(SWARMS);
    const later = swarms.map((swarm) => swarms.length + swarm);
    await announceAll(harness.process(), swarms, 'started');
    await stop();
    expect(await seen(swarms), 'down').to.include({ empty: 0 });
    await announceAll(harness.process(), later, 'started');
    harness.double.nodes[AWAY]?.wipe();
    await start();
    expect(await seen([...swarms, ...later]), 'wiped').to.include({ empty: 0, peers: 2 * swarms.length });
    await stop();
    const more = swarms.map((swarm) => 2 * swarms.length + swarm);
    await announceAll(harness.process(), more, 'started');
    await start();
    expect(await seen([...swarms, ...later, ...more]), 'back').to.include({
      empty: 0,
      peers: 3 * swarms.length,
    });
  });

  for (const state of ['down', 'back without its disk', 'back, and behind'] as const) {
    it(`counts every download and honours every stop while a node is ${state}`, async () => {
      harness = await ColdHarness.start({ handoffAfterMs });
      const done = upTo(DOWNLOADS);
      const gone = upTo(STOPS).map((swarm) => DOWNLOADS + swarm);
      const swarms = [...done, ...gone];
      const first = harness.process();
      await forEach(swarms, 16, (swarm) => announceOther(first, swarm));
      if (state === 'back, and behind') await stop();
      await announceAll(first, swarms, 'started');
      if (state !== 'back, and behind') await stop();
      if (state === 'back without its disk') harness.double.nodes[AWAY]?.wipe();
      if (state !== 'down') await start();
      const cold = harness.process();
      await announceAll(cold, done, 'completed');
      await announceAll(cold, gone, 'stopped');
      expect(await seen(done)).to.deep.equal({ peers: 2 * DOWNLOADS, empty: 0, downloads: DOWNLOADS });
      expect(await seen(gone)).to.deep.equal({ peers: STOPS, empty: 0, downloads: 0 });
      harness.double.cluster.handOff();
      expect(await seen(done)).to.deep.equal({ peers: 2 * DOWNLOADS, empty: 0, downloads: DOWNLOADS });
      expect(await seen(gone)).to.deep.equal({ peers: STOPS, empty: 0, downloads: 0 });
    });
  }

  it('knows every download while a node is down that has its count, and when it is back without', async () => {
    harness = await ColdHarness.start({ handoffAfterMs });
    const swarms = upTo(200);
    const process = harness.process();
    const later = swarms.map((swarm) => swarms.length + swarm);
    for (const event of ['started', 'completed'] as const) await announceAll(process, swarms, event);
    await stop();
    expect(await seen(swarms), 'down').to.include({ downloads: swarms.length });
    for (const event of ['started', 'completed'] as const) await announceAll(process, later, event);
    await start();
    expect(await seen(later), 'back').to.include({ downloads: later.length });
  });

  for (const processes of [1, 3]) {
    it(`counts every completed right after its started, through ${processes} processes, while replicas are behind`, async () => {
      harness = await ColdHarness.start();
      let turn = 0;
      harness.double.cluster.replicationLag = () => (turn++ % 3) * 8;
      const all = upTo(processes).map(() => harness.process());
      const through = (number: number): ColdProcess => all[number % processes] as ColdProcess;
      const swarms = upTo(PAIRS);
      const stays = swarms.filter((swarm) => swarm % 5 !== 0);
      await forEach(swarms, 32, async (swarm) => {
        // Those that it goes through next remember the swarm as it was without the peer.
        await announceOther(through(swarm + 1), swarm);
        if (swarm % 5 === 0) await announceOther(through(swarm + 2), swarm);
        await through(swarm).announce(swarm, 'started');
        await through(swarm + 1).announce(swarm, 'completed');
        if (swarm % 5 === 0) await through(swarm + 2).announce(swarm, 'stopped');
      });
      await delay(30);
      expect(await seen(swarms)).to.deep.equal({
        peers: swarms.length + stays.length,
        empty: 0,
        downloads: swarms.length,
      });
      expect(all.flatMap(({ events }) => events)).to.deep.equal([]);
    });
  }

  it('shows a peer that a process has stored in its later replies, though a replica that is behind answers', async () => {
    harness = await ColdHarness.start();
    const process = harness.process({}, { warmMilliseconds: 1 });
    const swarms = upTo(200);
    await forEach(swarms, 16, (swarm) => announceOther(process, swarm));
    harness.double.cluster.replicationLag = () => 10_000;
    // No read is answered by all, whereupon they would be told what they lack.
    harness.double.nodes[AWAY]?.pause();
    await announceAll(process, swarms, 'started');
    await delay(10);
    const counts = new Set<number>();
    await forEach(swarms, 16, async (swarm) => {
      const { leechers } = await process.announce(swarm, 'none', 2 * OTHER + swarm);
      counts.add(leechers);
    });
    expect([...counts]).to.deep.equal([3]);
  });

  it('takes every announce of a new swarm while a node is frozen for 20 s, soon, and blames no other node', async () => {
    harness = await ColdHarness.start();
    const process = harness.process();
    await announceAll(process, upTo(30), 'started');
    harness.double.nodes[AWAY]?.pause();
    // Each of the others is silent once, too: on what it asks the frozen one.
    for (const [number, node] of harness.double.nodes.entries()) {
      const rule = { codes: [Code.putRequest], skip: 50 * number, times: 1 };
      if (number !== AWAY) node.faults.inject({ fault: { kind: 'no-answer' }, ...rule });
    }
    const times: number[] = [];
    const until = performance.now() + FROZEN_MS;
    let swarm = 1000;
    await forEach(upTo(8), 8, async () => {
      while (performance.now() < until) {
        const number = swarm++;
        const began = performance.now();
        await process.announce(number, 'started');
        times.push(performance.now() - began);
      }
    });
    harness.double.nodes[AWAY]?.resume();
    const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Infinity;
    expect(times.length).to.be.above(20);
    expect(median).to.be.below(1000);
    const down = process.log.lines.filter(({ event }) => event === 'riak node down');
    expect(down.map(({ fields }) => fields?.['port'])).to.deep.equal([harness.double.nodes[AWAY]?.port]);
    expect(process.events.filter((event) => /not counted|fails/.test(event))).to.deep.equal([]);
    const all = upTo(swarm).filter((number) => number < 30 || number >= 1000);
    expect(await seen(all)).to.include({ empty: 0, peers: all.length });
  });

  it('serves through the others while a node starts that does not know its services yet', async () => {
    harness = await ColdHarness.start();
    const process = harness.process();
    await announceAll(process, upTo(30), 'started');
    await stop();
    await harness.double.nodes[AWAY]?.start(1000);
    const until = performance.now() + 800;
    for (let swarm = 100; performance.now() < until; swarm += 1) {
      await process.announce(swarm, 'started');
      await process.announce(swarm, 'completed');
    }
    expect(process.events.filter((event) => /not counted|fails/.test(event))).to.deep.equal([]);
  });
});
