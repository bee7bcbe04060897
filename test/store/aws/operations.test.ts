import { expect } from 'chai';

import { systemClock } from '../../../lib/environment.js';
import type { Store } from '../../../lib/store/store.js';
import { Swarms, type SwarmAnswer, type SwarmRules } from '../../../lib/swarm/swarms.js';
import { announcementOf, upTo } from '../../riak/support/numbered.js';
import { Cleanup } from '../../support/cleanup.js';
import { RecordingLog } from '../../support/recording-log.js';
import { seededRandom } from '../../support/seeded-random.js';
import { subjects, type Subject } from './support/subjects.js';

for (const [name, start] of Object.entries(subjects)) {
  describe(`Requests to ${name}, counted at its socket`, function () {
    this.timeout(60_000);
    const atEnd = new Cleanup();
    const random = seededRandom(3);
    let subject: Subject;
    let store: Store;

    beforeEach(async () => {
      subject = await start();
      atEnd.add(() => subject.server.close());
      store = subject.open({ callTimeoutMs: 10_000 });
      atEnd.add(() => store.close());
    });
    afterEach(() => atEnd.run());

    /** The swarms as a process sees them that was started just now. */
    function freshProcess(rules: Partial<SwarmRules> = {}): Swarms {
      return new Swarms({
        store,
        clock: systemClock,
        random,
        log: new RecordingLog(),
        rules: {
          peerLifetimeSeconds: 2700,
          unwrittenSeconds: 900,
          shardPeers: 192,
          warmMilliseconds: 60_000,
          warmBytes: 1e9,
          ...rules,
        },
      });
    }

    function announce(swarms: Swarms, peer: number): Promise<SwarmAnswer> {
      return swarms.announce(announcementOf(peer), { limit: 50, withIds: false });
    }

    async function requestsOf(doing: () => Promise<unknown>): Promise<number> {
      subject.server.operations.clear();
      await doing();
      return subject.server.total;
    }

    it('are two for the first announce of a swarm and for one where nothing is remembered, and one where it is', async () => {
      const first = freshProcess();
      expect(await requestsOf(() => announce(first, 1))).to.equal(2);
      expect(await requestsOf(() => announce(first, 2))).to.equal(1);
      expect(await requestsOf(() => announce(freshProcess(), 3))).to.equal(2);
    });

    it('are at most 0.1 an announce when 64 come to one shard at once', async () => {
      const swarms = freshProcess();
      await announce(swarms, 0);
      const requests = await requestsOf(() =>
        Promise.all(upTo(64).map((peer) => announce(swarms, 100 + peer))),
      );
      expect(requests).to.be.at.most(6);
    });

    it('are one more for the loser of a race where the server shows what won, else two more', async () => {
      const [mine, theirs] = [freshProcess(), freshProcess()];
      await announce(mine, 1);
      await announce(theirs, 2);
      expect(await requestsOf(() => announce(mine, 3))).to.equal(name === 'DynamoDB' ? 2 : 3);
    });

    it('are at most four for an announce to a large swarm that a process has never seen', async () => {
      const filling = freshProcess({ shardPeers: 32 });
      for (let from = 0; from < 1400; from += 200) {
        await Promise.all(upTo(200).map((peer) => announce(filling, from + peer)));
      }
      const totals: number[] = [];
      for (let peer = 5000; peer < 5040; peer += 1) {
        const before = subject.server.operations;
        const requests = await requestsOf(() => announce(freshProcess({ shardPeers: 32 }), peer));
        // The rare announce that makes its shard split pays for that.
        if ((before.get(subject.put) ?? 0) === 1) totals.push(requests);
      }
      expect(totals.length).to.be.above(30);
      expect(totals.filter((total) => total > 4).length, totals.join(' ')).to.be.at.most(4);
      expect(Math.max(...totals), totals.join(' ')).to.be.at.most(5);
    });
  });
}
