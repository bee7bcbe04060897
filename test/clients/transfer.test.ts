import { Cleanup } from '../support/cleanup.js';
import { describeWith, installed, ipv6Loopback } from '../support/programs.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { startAria2, startAria2OverUdp, startLibtorrent, startTransmission } from './peers.js';
import { expectTransfer, RealClients, type RealClient } from './real-clients.js';
import { expectCounts, type ScrapeCounts } from './scrape.js';
import { makeTorrent, type Torrent } from './torrent.js';

/**
 * Transmission thinks about whom to ask every ten seconds only; the rest is a generous margin for a
 * busy machine.
 */
const deadlineMs = 60_000;

describe('Real clients find each other through the tracker', function () {
  this.timeout(3 * deadlineMs);

  let tracker: TrackerProcess;
  let directory: string;
  let clients: RealClients;
  const atEnd = new Cleanup();

  beforeEach(async () => {
    directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
    clients = new RealClients(directory, atEnd);
    tracker = await startTracker();
    atEnd.add(() => tracker.dispose());
  });

  afterEach(() => atEnd.run());

  describeWith([installed('aria2'), installed('transmission')], 'aria2 and Transmission', () => {
    it('transfer a file over IPv4 when the leecher was there first', async () => {
      const torrent = makeTorrent('aria2-to-transmission', tracker.announceUrl('127.0.0.1'));
      const leecher = await clients.join('leecher', startTransmission, torrent);
      await expectSwarm(torrent, { complete: 0, incomplete: 1, downloaded: 0 });
      await clients.join('seeder', startAria2, torrent);
      await expectCompletion(leecher, torrent);
    });
  });

  describeWith([installed('transmission'), installed('libtorrent')], 'Transmission and libtorrent', () => {
    it('transfer a file over IPv4 when the seeder was there first', async () => {
      const torrent = makeTorrent('transmission-to-libtorrent', tracker.announceUrl('127.0.0.1'));
      await clients.join('seeder', startTransmission, torrent);
      await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
      const leecher = await clients.join('leecher', startLibtorrent, torrent);
      await expectCompletion(leecher, torrent);
    });
  });

  describeWith([installed('libtorrent'), installed('aria2'), ipv6Loopback], 'libtorrent and aria2', () => {
    it('transfer a file over IPv6', async () => {
      const torrent = makeTorrent('libtorrent-to-aria2', tracker.announceUrl('::1'));
      await clients.join('seeder', startLibtorrent, torrent, '::1');
      await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
      const leecher = await clients.join('leecher', startAria2, torrent, '::1');
      await expectCompletion(leecher, torrent);
    });
  });

  describeWith([installed('aria2'), installed('transmission')], 'aria2 and Transmission over UDP', () => {
    it('transfer a file over IPv4 when the leecher was there first', async () => {
      const torrent = makeTorrent('udp-aria2-to-transmission', tracker.udpAnnounceUrl());
      const leecher = await clients.join('leecher', startTransmission, torrent);
      await expectSwarm(torrent, { complete: 0, incomplete: 1, downloaded: 0 });
      await clients.join('seeder', startAria2OverUdp, torrent);
      await expectCompletion(leecher, torrent);
    });

    it('transfer a file when one is on HTTP', async () => {
      const torrent = makeTorrent('udp-and-http', tracker.udpAnnounceUrl());
      const seeders = makeTorrent('udp-and-http', tracker.announceUrl());
      await clients.join('seeder', startTransmission, seeders);
      await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
      const leecher = await clients.join('leecher', startAria2OverUdp, torrent);
      await expectCompletion(leecher, torrent);
    });
  });

  describeWith(
    [installed('transmission'), installed('libtorrent')],
    'Transmission and libtorrent over UDP',
    () => {
      it('transfer a file over IPv4 when the seeder was there first', async () => {
        const torrent = makeTorrent('udp-transmission-to-libtorrent', tracker.udpAnnounceUrl());
        await clients.join('seeder', startTransmission, torrent);
        await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
        const leecher = await clients.join('leecher', startLibtorrent, torrent);
        await expectCompletion(leecher, torrent);
        await expectLeaving(torrent);
      });
    },
  );

  describeWith([installed('libtorrent'), ipv6Loopback], 'two libtorrents over UDP', () => {
    it('transfer a file over IPv6', async () => {
      const torrent = makeTorrent('udp-libtorrent-to-libtorrent', tracker.udpAnnounceUrl('::1'));
      await clients.join('seeder', startLibtorrent, torrent, '::1');
      await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
      const leecher = await clients.join('leecher', startLibtorrent, torrent, '::1');
      await expectCompletion(leecher, torrent);
    });
  });

  /** The leecher has the seeder's file, and the tracker heard about it. */
  async function expectCompletion(leecher: RealClient, torrent: Torrent): Promise<void> {
    await expectTransfer(leecher, torrent, deadlineMs, describeAll);
    await expectSwarm(torrent, { complete: 2, incomplete: 0, downloaded: 1 });
  }

  /**
   * The last one to join says that it stops, and is gone. Of those here only libtorrent says so
   * over UDP.
   */
  async function expectLeaving(torrent: Torrent): Promise<void> {
    await clients.leave();
    await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 1 });
  }

  function expectSwarm(torrent: Torrent, wanted: ScrapeCounts): Promise<void> {
    return expectCounts(tracker.url('127.0.0.1'), torrent.infoHash, wanted, deadlineMs, describeAll);
  }

  function describeAll(): string {
    return [tracker.program, ...clients.programs].map((program) => program.describe()).join('\n');
  }
});
