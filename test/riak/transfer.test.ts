import { expect } from 'chai';
import { startAria2, startLibtorrent } from '../clients/peers.js';
import { expectTransfer, RealClients } from '../clients/real-clients.js';
import { expectCounts, type ScrapeCounts } from '../clients/scrape.js';
import { makeTorrent } from '../clients/torrent.js';
import { startRiakDouble, type RiakDouble } from '../riak-double/double.js';
import { Cleanup } from '../support/cleanup.js';
import { describeWith, installed } from '../support/programs.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { BUCKET, COUNT_TYPE, trackerTypes } from '../riak-double/tracker-types.js';
import { storedPeerIds } from './support/stored-swarms.js';

const deadlineMs = 60_000;
const address = '127.0.0.1';

describe('Real clients, through the tracker on Riak', function () {
  this.timeout(3 * deadlineMs);

  const atEnd = new Cleanup();
  let double: RiakDouble;
  let directory: string;
  let tracker: TrackerProcess;

  beforeEach(async () => {
    directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
    double = await startRiakDouble({ nodes: 3, types: trackerTypes });
    atEnd.add(() => double.close());
    tracker = await startTracker({ STORE: 'riak', RIAK_NODES: double.addresses });
    atEnd.add(() => tracker.dispose());
  });
  afterEach(() => atEnd.run());

  describeWith([installed('aria2'), installed('libtorrent')], 'libtorrent and aria2', () => {
    it('transfer a file, and Riak has both peers and the download', async () => {
      const torrent = makeTorrent('libtorrent-to-aria2', tracker.announceUrl(address));
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
      expect((await storedPeerIds(double, torrent.infoHash)).size).to.equal(2);
      expect(double.counter(COUNT_TYPE, BUCKET, torrent.infoHash.toString('hex'))).to.equal(1);
    });
  });
});
