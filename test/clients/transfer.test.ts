import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { describeWith, installed, ipv6Loopback } from '../support/programs.js';
import type { RunningProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import {
  startAria2,
  startAria2OverUdp,
  startLibtorrent,
  startTransmission,
  type StartPeer,
} from './peers.js';
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
  let peers: RunningProgram[];
  const atEnd = new Cleanup();

  beforeEach(async () => {
    peers = [];
    directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
    tracker = await startTracker();
    atEnd.add(() => tracker.dispose());
  });

  afterEach(() => atEnd.run());

  describeWith([installed('aria2'), installed('transmission')], 'aria2 and Transmission', () => {
    it('transfer a file over IPv4 when the leecher was there first', async () => {
      const torrent = makeTorrent('aria2-to-transmission', tracker.announceUrl('127.0.0.1'));
      const files = await layOut(torrent);
      await join('leecher', startTransmission, files, '127.0.0.1');
      await expectSwarm(torrent, { complete: 0, incomplete: 1, downloaded: 0 });
      await join('seeder', startAria2, files, '127.0.0.1');
      await expectTransfer(torrent, files);
    });
  });

  describeWith([installed('transmission'), installed('libtorrent')], 'Transmission and libtorrent', () => {
    it('transfer a file over IPv4 when the seeder was there first', async () => {
      const torrent = makeTorrent('transmission-to-libtorrent', tracker.announceUrl('127.0.0.1'));
      const files = await layOut(torrent);
      await join('seeder', startTransmission, files, '127.0.0.1');
      await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
      await join('leecher', startLibtorrent, files, '127.0.0.1');
      await expectTransfer(torrent, files);
    });
  });

  describeWith([installed('libtorrent'), installed('aria2'), ipv6Loopback], 'libtorrent and aria2', () => {
    it('transfer a file over IPv6', async () => {
      const torrent = makeTorrent('libtorrent-to-aria2', tracker.announceUrl('::1'));
      const files = await layOut(torrent);
      await join('seeder', startLibtorrent, files, '::1');
      await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
      await join('leecher', startAria2, files, '::1');
      await expectTransfer(torrent, files);
    });
  });

  describeWith([installed('aria2'), installed('transmission')], 'aria2 and Transmission over UDP', () => {
    it('transfer a file over IPv4 when the leecher was there first', async () => {
      const torrent = makeTorrent('udp-aria2-to-transmission', tracker.udpAnnounceUrl());
      const files = await layOut(torrent);
      await join('leecher', startTransmission, files, '127.0.0.1');
      await expectSwarm(torrent, { complete: 0, incomplete: 1, downloaded: 0 });
      await join('seeder', startAria2OverUdp, files, '127.0.0.1');
      await expectTransfer(torrent, files);
    });

    it('transfer a file when one is on HTTP', async () => {
      const torrent = makeTorrent('udp-and-http', tracker.udpAnnounceUrl());
      const files = await layOut(torrent, makeTorrent('udp-and-http', tracker.announceUrl()));
      await join('seeder', startTransmission, files, '127.0.0.1');
      await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
      await join('leecher', startAria2OverUdp, files, '127.0.0.1');
      await expectTransfer(torrent, files);
    });
  });

  describeWith(
    [installed('transmission'), installed('libtorrent')],
    'Transmission and libtorrent over UDP',
    () => {
      it('transfer a file over IPv4 when the seeder was there first', async () => {
        const torrent = makeTorrent('udp-transmission-to-libtorrent', tracker.udpAnnounceUrl());
        const files = await layOut(torrent);
        await join('seeder', startTransmission, files, '127.0.0.1');
        await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
        await join('leecher', startLibtorrent, files, '127.0.0.1');
        await expectTransfer(torrent, files);
        await expectLeaving(torrent);
      });
    },
  );

  describeWith([installed('libtorrent'), ipv6Loopback], 'two libtorrents over UDP', () => {
    it('transfer a file over IPv6', async () => {
      const torrent = makeTorrent('udp-libtorrent-to-libtorrent', tracker.udpAnnounceUrl('::1'));
      const files = await layOut(torrent);
      await join('seeder', startLibtorrent, files, '::1');
      await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
      await join('leecher', startLibtorrent, files, '::1');
      await expectTransfer(torrent, files);
    });
  });

  interface Files {
    readonly torrentOf: (role: Role) => string;
    /** Two directories for each peer, named after its role. */
    readonly contentOf: (role: Role) => string;
    readonly homeOf: (role: Role) => string;
  }
  type Role = 'seeder' | 'leecher';

  /** @param seeders the torrent that the seeder has, if another tracker URL is in it */
  async function layOut(torrent: Torrent, seeders = torrent): Promise<Files> {
    const files: Files = {
      torrentOf: (role) => `${directory}/${role}.torrent`,
      contentOf: (role) => `${directory}/${role}/content`,
      homeOf: (role) => `${directory}/${role}/home`,
    };
    for (const role of ['seeder', 'leecher'] as const) {
      await mkdir(files.contentOf(role), { recursive: true });
      await mkdir(files.homeOf(role));
    }
    await writeFile(files.torrentOf('leecher'), torrent.metainfo);
    await writeFile(files.torrentOf('seeder'), seeders.metainfo);
    await writeFile(`${files.contentOf('seeder')}/${torrent.fileName}`, torrent.content);
    return files;
  }

  async function join(
    role: Role,
    start: StartPeer,
    files: Files,
    address: '127.0.0.1' | '::1',
  ): Promise<void> {
    const peer = await start({
      torrentFile: files.torrentOf(role),
      contentDirectory: files.contentOf(role),
      homeDirectory: files.homeOf(role),
      address,
    });
    peers.push(peer);
    atEnd.add(() => peer.stop());
  }

  /** The leecher's file is the seeder's, and the tracker heard about it. */
  async function expectTransfer(torrent: Torrent, files: Files): Promise<void> {
    const wanted = sha256(torrent.content);
    const path = `${files.contentOf('leecher')}/${torrent.fileName}`;
    await eventually('the transfer', deadlineMs, async () => (await sha256Of(path)) === wanted, describeAll);
    await expectSwarm(torrent, { complete: 2, incomplete: 0, downloaded: 1 });
  }

  /**
   * The last one to join says that it stops, and is gone. Of those here only libtorrent says so
   * over UDP.
   */
  async function expectLeaving(torrent: Torrent): Promise<void> {
    await peers.at(-1)?.stop();
    await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 1 });
  }

  function expectSwarm(torrent: Torrent, wanted: ScrapeCounts): Promise<void> {
    return expectCounts(tracker.url('127.0.0.1'), torrent.infoHash, wanted, deadlineMs, describeAll);
  }

  function describeAll(): string {
    return [tracker.program, ...peers].map((program) => program.describe()).join('\n');
  }
});

/** Undefined while there is no such file. */
async function sha256Of(path: string): Promise<string | undefined> {
  try {
    return sha256(await readFile(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
