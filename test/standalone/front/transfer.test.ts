import { Client } from 'bittorrent-tracker';
import { expect } from 'chai';

import {
  startAria2,
  startAria2OverUdp,
  startLibtorrent,
  startQbittorrent,
  startTransmission,
  type StartPeer,
} from '../../clients/peers.js';
import { expectTransfer, RealClients } from '../../clients/real-clients.js';
import { expectCounts, type ScrapeCounts } from '../../clients/scrape.js';
import { makeTorrent, type Torrent } from '../../clients/torrent.js';
import { DeployedTracker } from '../../openwhisk/support/deployed-tracker.js';
import { storedPeerIds } from '../../riak/support/stored-swarms.js';
import { BUCKET, COUNT_TYPE } from '../../riak-double/tracker-types.js';
import { Cleanup } from '../../support/cleanup.js';
import { describeWith, installed } from '../../support/programs.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { buildFirst } from '../support/entry.js';
import { startFront, type RunningFront } from '../support/front.js';

const deadlineMs = 60_000;
const address = '127.0.0.1';

describe('Real clients, through the front, OpenWhisk and Riak', function () {
  this.timeout(4 * deadlineMs);
  buildFirst();

  const atEnd = new Cleanup();
  let deployed: DeployedTracker;
  let front: RunningFront;
  let directory: string;
  let clients: RealClients;

  beforeEach(async () => {
    directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
    clients = new RealClients(directory, atEnd);
    deployed = await DeployedTracker.start({ concurrency: 64 });
    atEnd.add(() => deployed.dispose());
    front = await startFront(deployed.platform.apiHost, { HOST: address });
    atEnd.add(() => front.program.stop());
  });

  afterEach(() => atEnd.run());

  const overUdp = (): string => `udp://${address}:${front.port}/announce`;
  const overHttp = (): string => `http://${address}:${front.port}/announce`;

  const describeAll = (): string =>
    [front.program, ...clients.programs].map((one) => one.describe()).join('\n');

  function expectSwarm(torrent: Torrent, wanted: ScrapeCounts): Promise<void> {
    const url = `http://${address}:${front.port}`;
    return expectCounts(url, torrent.infoHash, wanted, deadlineMs, describeAll);
  }

  async function transfer(
    name: string,
    [seeder, seedersUrl]: readonly [StartPeer, string],
    [leecher, leechersUrl]: readonly [StartPeer, string],
  ): Promise<Torrent> {
    const torrent = makeTorrent(name, leechersUrl);
    await clients.join('seeder', seeder, makeTorrent(name, seedersUrl));
    await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 0 });
    const client = await clients.join('leecher', leecher, torrent);
    await expectTransfer(client, torrent, deadlineMs, describeAll);
    await expectSwarm(torrent, { complete: 2, incomplete: 0, downloaded: 1 });
    expect((await storedPeerIds(deployed.riak, torrent.infoHash)).size).to.equal(2);
    expect(deployed.riak.counter(COUNT_TYPE, BUCKET, torrent.infoHash.toString('hex'))).to.equal(1);
    return torrent;
  }

  describeWith([installed('transmission'), installed('libtorrent')], 'Transmission and libtorrent', () => {
    it('transfer a file over UDP, and who stops is gone', async () => {
      const torrent = await transfer(
        'front-transmission-to-libtorrent',
        [startTransmission, overUdp()],
        [startLibtorrent, overUdp()],
      );
      await clients.leave();
      await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 1 });
    });
  });

  describeWith([installed('aria2'), installed('libtorrent')], 'libtorrent and aria2', () => {
    it('transfer a file over UDP', async () => {
      await transfer(
        'front-libtorrent-to-aria2',
        [startLibtorrent, overUdp()],
        [startAria2OverUdp, overUdp()],
      );
    });

    it('transfer a file when one is on HTTP', async () => {
      await transfer('front-udp-and-http', [startLibtorrent, overUdp()], [startAria2, overHttp()]);
    });
  });

  describeWith([installed('qbittorrent'), installed('libtorrent')], 'libtorrent and qBittorrent', () => {
    it('transfer a file over UDP, and who stops is gone', async () => {
      const torrent = await transfer(
        'front-libtorrent-to-qbittorrent',
        [startLibtorrent, overUdp()],
        [startQbittorrent, overUdp()],
      );
      await clients.leave();
      await expectSwarm(torrent, { complete: 1, incomplete: 0, downloaded: 1 });
    });

    it('transfer a file when one is on HTTP', async () => {
      await transfer(
        'front-qbittorrent-to-libtorrent',
        [startQbittorrent, overHttp()],
        [startLibtorrent, overUdp()],
      );
    });
  });

  it('the npm client finds over UDP who announced over HTTP, and counts its download once', async () => {
    const infoHash = Buffer.alloc(20, 0xe7);
    const peerOf = (port: number, announce: string): Client => {
      const peerId = Buffer.from(`-TE0001-${String(port).padStart(12, '0')}`);
      const client = new Client({ infoHash, peerId, announce, port });
      client.on('error', () => undefined);
      atEnd.add(
        () =>
          new Promise<void>((resolve) => {
            client.destroy(() => {
              resolve();
            });
          }),
      );
      return client;
    };
    const updated = (client: Client, ask: () => void): Promise<unknown> =>
      new Promise((resolve, reject) => {
        client.once('update', resolve);
        client.once('warning', reject);
        ask();
      });
    const seeder = peerOf(7001, overHttp());
    await updated(seeder, () => {
      seeder.start({ left: 0, uploaded: 0, downloaded: 0 });
    });
    const leecher = peerOf(7002, overUdp());
    const found = new Promise((resolve) => leecher.once('peer', resolve));
    await updated(leecher, () => {
      leecher.start({ left: 10, uploaded: 0, downloaded: 0 });
    });
    expect(await found).to.equal('127.0.0.1:7001');
    await updated(leecher, () => {
      leecher.complete({ left: 0, uploaded: 0, downloaded: 10 });
    });
    const url = `http://${address}:${front.port}`;
    const wanted = { complete: 2, incomplete: 0, downloaded: 1 };
    await expectCounts(url, infoHash, wanted, deadlineMs, describeAll);
  });
});
