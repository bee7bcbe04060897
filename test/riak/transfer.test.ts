import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { startAria2, startLibtorrent, type StartPeer } from '../clients/peers.js';
import { expectCounts, type ScrapeCounts } from '../clients/scrape.js';
import { makeTorrent } from '../clients/torrent.js';
import { startRiakDouble, type RiakDouble } from '../riak-double/double.js';
import { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { describeWith, installed } from '../support/programs.js';
import type { RunningProgram } from '../support/running-program.js';
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
  let peers: RunningProgram[];

  beforeEach(async () => {
    peers = [];
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
      const torrentFile = `${directory}/one.torrent`;
      await writeFile(torrentFile, torrent.metainfo);
      const join = async (role: string, start: StartPeer, content?: Buffer): Promise<string> => {
        const contentDirectory = `${directory}/${role}/content`;
        const homeDirectory = `${directory}/${role}/home`;
        await mkdir(contentDirectory, { recursive: true });
        await mkdir(homeDirectory);
        const file = `${contentDirectory}/${torrent.fileName}`;
        if (content !== undefined) await writeFile(file, content);
        const peer = await start({ torrentFile, contentDirectory, homeDirectory, address });
        peers.push(peer);
        atEnd.add(() => peer.stop());
        return file;
      };
      const describeAll = (): string => [tracker.program, ...peers].map((one) => one.describe()).join('\n');
      const expectSwarm = (wanted: ScrapeCounts): Promise<void> =>
        expectCounts(tracker.url(), torrent.infoHash, wanted, deadlineMs, describeAll);

      await join('seeder', startLibtorrent, torrent.content);
      await expectSwarm({ complete: 1, incomplete: 0, downloaded: 0 });
      const file = await join('leecher', startAria2);
      const isWhole = async (): Promise<boolean> => (await sha256Of(file)) === sha256(torrent.content);
      await eventually('the transfer', deadlineMs, isWhole, describeAll);
      await expectSwarm({ complete: 2, incomplete: 0, downloaded: 1 });
      expect((await storedPeerIds(double, torrent.infoHash)).size).to.equal(2);
      expect(double.counter(COUNT_TYPE, BUCKET, torrent.infoHash.toString('hex'))).to.equal(1);
    });
  });
});

/** Undefined while the file is not there. */
async function sha256Of(path: string): Promise<string | undefined> {
  return readFile(path).then(sha256, () => undefined);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
