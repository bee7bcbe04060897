import { Client } from 'bittorrent-tracker';
import { expect } from 'chai';

import { entry } from '../standalone/support/entry.js';
import { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { describeWith, installed } from '../support/programs.js';
import { startProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { startAria2, startLibtorrent, startTransmission, type StartPeer } from './peers.js';
import { expectTransfer, RealClients } from './real-clients.js';
import { expectCounts, type ScrapeCounts } from './scrape.js';
import { makeTorrent } from './torrent.js';

const deadlineMs = 60_000;

describe('Real clients and the policies of the tracker', function () {
  this.timeout(3 * deadlineMs);

  let tracker: TrackerProcess;
  let directory: string;
  let clients: RealClients;
  const atEnd = new Cleanup();

  beforeEach(async () => {
    directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
    clients = new RealClients(directory, atEnd);
    tracker = await startTracker({ KEYS: 'on', LIST_MODE: 'deny', CLIENT_MODE: 'deny' });
    atEnd.add(() => tracker.dispose());
  });

  afterEach(() => atEnd.run());

  /** What a command prints that changes the tracker's policies. */
  async function run(...args: readonly string[]): Promise<string> {
    const program = await startProgram(process.execPath, [entry, ...args], {
      cwd: directory,
      env: { PATH: process.env['PATH'], DATA_DIR: tracker.dataDirectory },
    });
    expect((await program.ended).status, program.describe()).to.equal(0);
    return program.stdout.trim();
  }

  const keyed = (url: string, key: string): string => url.replace(/\/announce$/, `/${key}/announce`);

  async function transfer(url: string, starts: readonly [StartPeer, StartPeer]): Promise<void> {
    const [seeders, leechers] = [await run('key', 'add'), await run('key', 'add')];
    const [start, startOther] = starts;
    // Each member's torrent has the member's own announce URL; it is one torrent all the same.
    const torrent = makeTorrent('private', keyed(url, leechers), true);
    await clients.join('seeder', start, makeTorrent('private', keyed(url, seeders), true));
    const scrapeUrl = `${tracker.url()}/${leechers}`;
    const expectSwarm = (wanted: ScrapeCounts): Promise<void> =>
      expectCounts(scrapeUrl, torrent.infoHash, wanted, deadlineMs, describeAll);
    const describeAll = (): string =>
      [tracker.program, ...clients.programs].map((one) => one.describe()).join('\n');
    await expectSwarm({ complete: 1, incomplete: 0, downloaded: 0 });
    const leecher = await clients.join('leecher', startOther, torrent);
    await expectTransfer(leecher, torrent, deadlineMs, describeAll);
    await expectSwarm({ complete: 2, incomplete: 0, downloaded: 1 });
    await tracker.stop();
    const downs = (await run('key', 'list'))
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split('\t').at(-1)));
    // What the leecher has received, as it says, is that of its key alone.
    expect(downs.sort((a, b) => a - b)[0]).to.equal(0);
    expect(downs[1]).to.be.at.least(torrent.content.length);
  }

  describeWith(
    [installed('aria2'), installed('transmission')],
    'a private torrent with a key for each member',
    () => {
      it('goes from Transmission to aria2 over HTTP', () =>
        transfer(tracker.announceUrl(), [startTransmission, startAria2]));
    },
  );

  describeWith([installed('libtorrent')], 'a private torrent with a key for each member, over UDP', () => {
    it('goes from libtorrent to libtorrent (BEP 41)', () =>
      transfer(tracker.udpAnnounceUrl(), [startLibtorrent, startLibtorrent]));
  });

  describeWith([installed('aria2')], 'aria2', () => {
    it('shows why it is refused', async () => {
      const { program } = await clients.join(
        'leecher',
        startAria2,
        makeTorrent('refused', tracker.announceUrl()),
      );
      await eventually('the reason', deadlineMs, () =>
        (program.stdout + program.stderr).includes('this tracker needs a personal announce URL'),
      );
    });
  });

  describeWith([installed('transmission')], 'Transmission', () => {
    it('shows why it is refused', async () => {
      const key = await run('key', 'add');
      await run('client', 'add', '-TR');
      const torrent = makeTorrent('refused', keyed(tracker.announceUrl(), key));
      const { program } = await clients.join('leecher', startTransmission, torrent);
      await eventually('the reason', deadlineMs, () =>
        (program.stdout + program.stderr).includes('this tracker does not serve Transmission'),
      );
    });
  });

  it('of npm bittorrent-tracker is told which rule refuses it, and is served once none does', async () => {
    const infoHash = Buffer.alloc(20, 0xcd);
    const told = async (url: string): Promise<string | undefined> => {
      const client = new Client({
        infoHash,
        peerId: Buffer.from('-WW0102-abcdefghijkl'),
        announce: url,
        port: 7001,
      });
      client.on('error', () => undefined);
      try {
        return await new Promise((resolve) => {
          client.once('warning', (error: Error) => {
            resolve(error.message);
          });
          client.once('update', () => {
            resolve(undefined);
          });
          client.start({ left: 1 });
        });
      } finally {
        await new Promise<void>((resolve) => {
          client.destroy(() => {
            resolve();
          });
        });
      }
    };
    const key = await run('key', 'add');
    const url = keyed(tracker.announceUrl(), key);
    expect(await told(tracker.announceUrl())).to.equal('this tracker needs a personal announce URL');
    expect(await told(keyed(tracker.announceUrl(), 'a-wrong-key'))).to.equal(
      'the key in the announce URL is not known',
    );
    expect(await told(url)).to.equal(undefined);
    await run('list', 'add', infoHash.toString('hex'));
    expect(await told(url)).to.equal('this tracker does not serve this torrent');
    await run('client', 'add', '-WW');
    expect(await told(url)).to.match(/^this tracker does not serve WebTorrent /);
    await run('client', 'remove', '-WW');
    await run('list', 'remove', infoHash.toString('hex'));
    expect(await told(url)).to.equal(undefined);
  });
});
