import type { ChildProcess } from 'node:child_process';

import { expect } from 'chai';

import { openRiakStore } from '../../lib/store/riak/riak-store.js';
import { V4 } from '../../lib/swarm/shard/peer-record.js';
import { scrapeSwarm } from '../../lib/swarm/sampling/scrape.js';
import { HEADER_SIZE } from '../../lib/swarm/shard/header.js';
import { startRiakDoubleProcess, type RiakDoubleProcess } from '../riak-double/process.js';
import { optionsFor } from '../store/riak/support.js';
import { announceAll, startAnnouncing } from '../support/announcing-children.js';
import { Cleanup } from '../support/cleanup.js';
import { RecordingLog } from '../support/recording-log.js';
import { hexPeerIdOf, infohashOf, upTo } from './support/numbered.js';
import { BUCKET, COUNT_TYPE, SWARM_TYPE, trackerTypes } from '../riak-double/tracker-types.js';
import { storedPeerIds } from './support/stored-swarms.js';

const peers = 5000;
const swarmCount = 5;
const shardPeers = 192;

describe('Several processes that announce to the same swarms at once', function () {
  this.timeout(120_000);

  const atEnd = new Cleanup();
  let double: RiakDoubleProcess;

  beforeEach(async () => {
    double = await startRiakDoubleProcess({ types: trackerTypes });
    atEnd.add(() => double.close());
  });
  afterEach(() => atEnd.run());

  for (const processes of [2, 4]) {
    it(`lose no peer and no download and keep the objects small: ${peers} peers, ${processes} processes`, async () => {
      const children = await Promise.all(upTo(processes).map((number) => start(number, processes)));
      const reports = await Promise.all(children.map(announceAll));
      expect(reports).to.deep.equal(upTo(processes).map(() => ({ lines: [] })));

      const { peak } = await double.call('statistics');
      await expectAllThere();
      // A process has no more than one write of a shard under way, and each write replaces what its
      // process wrote before.
      expect(peak.siblings).to.be.at.most(processes);
      // A value has no more than a shard's records of its own and, until they are moved on, those
      // that each other process put there before it knew of a split.
      const largestValue = HEADER_SIZE + processes * shardPeers * V4.size;
      expect(peak.objectBytes).to.be.at.most(peak.siblings * largestValue);
    });
  }

  function start(number: number, processes: number): Promise<ChildProcess> {
    const settings = {
      STORE: 'riak',
      RIAK_NODES: `127.0.0.1:${double.ports[0] ?? 0}`,
      RIAK_CALL_TIMEOUT: '10000',
    };
    return startAnnouncing(atEnd, { number, processes, peers, swarmCount, settings });
  }

  /** In the data, and in what a scrape says. */
  async function expectAllThere(): Promise<void> {
    const data = {
      keys: (type: string, bucket: string) => double.call('keys', type, bucket),
      held: (type: string, bucket: string, key: string) => double.call('held', type, bucket, key),
    };
    const store = openRiakStore(
      optionsFor([{ host: '127.0.0.1', port: double.ports[0] ?? 0 }], {
        swarmBucketType: SWARM_TYPE,
        swarmBucket: BUCKET,
        countBucketType: COUNT_TYPE,
        countBucket: BUCKET,
      }),
    );
    atEnd.add(() => store.close());
    const context = { store, random: Math.random, log: new RecordingLog() };
    for (let swarm = 0; swarm < swarmCount; swarm++) {
      const expected = upTo(peers).filter((peer) => peer % swarmCount === swarm);
      const stored = await storedPeerIds(data, infohashOf(swarm));
      expect(stored).to.deep.equal(new Set(expected.map(hexPeerIdOf)));
      const seeders = expected.length / 4;
      expect(await scrapeSwarm(context, infohashOf(swarm), 0)).to.deep.equal({
        counts: { seeders, leechers: expected.length - seeders, partialSeeds: 0 },
        downloads: seeders,
      });
    }
  }
});
