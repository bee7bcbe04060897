import { expect } from 'chai';

import { infohashKey } from '../../../lib/swarm/shard/placement.js';
import { startAria2, startLibtorrent } from '../../clients/peers.js';
import { expectTransfer, RealClients } from '../../clients/real-clients.js';
import { expectCounts, type ScrapeCounts } from '../../clients/scrape.js';
import { makeTorrent } from '../../clients/torrent.js';
import { Cleanup } from '../../support/cleanup.js';
import { describeWith, installed } from '../../support/programs.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { startTracker } from '../../support/tracker-process.js';
import { realServers, startRealServer } from '../../support/real-servers.js';

const deadlineMs = 60_000;
const address = '127.0.0.1';

for (const [name, kind] of Object.entries(realServers)) {
  if (!kind.whole) continue;
  const needs = [kind.requirement, installed('aria2'), installed('libtorrent')];
  describeWith(needs, `Real clients, through the tracker on ${name}`, () => {
    const atEnd = new Cleanup();
    afterEach(() => atEnd.run());

    it('transfer a file, and the server has the swarm and the download', async () => {
      const directory = await makeTempDir();
      atEnd.add(() => removeTempDir(directory));
      const server = await startRealServer(kind);
      atEnd.add(() => server.dispose());
      const tracker = await startTracker(server.settings);
      atEnd.add(() => tracker.dispose());
      const torrent = makeTorrent(`transfer-on-${name}`, tracker.announceUrl(address));
      const clients = new RealClients(directory, atEnd);
      const describeAll = (): string =>
        [tracker.program, ...clients.programs].map((one) => one.describe()).join('\n');
      const expectSwarm = (wanted: ScrapeCounts): Promise<void> =>
        expectCounts(tracker.url(), torrent.infoHash, wanted, deadlineMs, describeAll);

      await clients.join('seeder', startLibtorrent, torrent);
      await expectSwarm({ complete: 1, incomplete: 0, downloaded: 0 });
      const leecher = await clients.join('leecher', startAria2, torrent);
      await expectTransfer(leecher, torrent, deadlineMs, describeAll);
      await expectSwarm({ complete: 2, incomplete: 0, downloaded: 1 });

      const store = server.open();
      atEnd.add(() => store.close());
      const key = infohashKey(torrent.infoHash);
      expect((await store.fetch(key)).values).to.have.length(1);
      expect(await store.count(key)).to.equal(1);
    }).timeout(3 * deadlineMs);
  });
}
