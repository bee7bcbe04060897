import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';

import { startOpentracker } from '../../bench/trackers/opentracker.js';
import { makeTorrent } from '../clients/torrent.js';
import { Cleanup } from '../support/cleanup.js';
import { freePort } from '../support/free-port.js';
import { describeWith, installed } from '../support/programs.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { runTracker } from './run-tracker.js';

const INFOHASH = 'ff00aabbccddeeff00112233445566778899aabb';

interface Entry {
  readonly ok: boolean;
  readonly tracker: string;
  readonly infohash: string;
  readonly ms: number;
  readonly announced?: {
    readonly interval: number;
    readonly peers: readonly string[];
    readonly seeders: number;
  };
  readonly scraped?: { readonly seeders: number; readonly leechers: number; readonly downloads: number };
  readonly failure?: { readonly kind: string; readonly message: string };
}

describe('tracker announce and tracker scrape', function () {
  this.timeout(60_000);
  const atEnd = new Cleanup();
  let tracker: TrackerProcess;
  let directory: string;

  before(async () => {
    tracker = await startTracker();
  });
  after(() => tracker.dispose());

  beforeEach(async () => {
    directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
  });
  afterEach(() => atEnd.run());

  async function json(...args: string[]): Promise<Entry[]> {
    const { stdout, stderr } = await runTracker([...args, '--json']);
    expect(stderr).to.equal('');
    return JSON.parse(stdout) as Entry[];
  }

  const announceUrls = (): string[] => [tracker.announceUrl(), tracker.udpAnnounceUrl()];

  it('announce over HTTP and UDP, and see the peers that others have announced', async () => {
    for (const [i, url] of announceUrls().entries()) {
      const infohash = `${INFOHASH.slice(0, -1)}${i}`;
      const first = await json(
        'announce',
        url,
        infohash,
        '--event',
        'started',
        '--port',
        '7001',
        '--left',
        '0',
      );
      expect(first).to.have.length(1);
      expect(first[0]).to.deep.include({ ok: true, tracker: url, infohash });
      const [second] = await json(
        'announce',
        url,
        infohash,
        '--event',
        'started',
        '--port',
        '7002',
        '--scrape',
      );
      expect(second?.announced?.peers).to.deep.equal(['127.0.0.1:7001']);
      expect(second?.announced?.interval).to.be.above(1000);
      expect(second?.scraped).to.deep.equal({ seeders: 1, leechers: 1, downloads: 0 });
      const [third] = await json('announce', url, infohash, '--numwant', '0');
      expect(third?.announced?.peers).to.deep.equal([]);
    }
  });

  it('leave no peer behind if no event was named, and need no torrent to try a tracker', async () => {
    const infohash = '01'.repeat(20);
    for (const url of announceUrls()) {
      expect((await runTracker(['announce', url, infohash])).status).to.equal(0);
      const [scraped] = await json('scrape', url, infohash);
      expect(scraped?.scraped).to.deep.include({ seeders: 0, leechers: 0 });
      const [some] = await json('announce', url);
      expect(some?.infohash).to.match(/^[0-9a-f]{40}$/);
    }
  });

  it('take the torrents and trackers of .torrent files and magnet links', async () => {
    const torrent = makeTorrent('asked', tracker.udpAnnounceUrl());
    const file = join(directory, 'asked.torrent');
    await writeFile(file, torrent.metainfo);
    const [fromFile] = await json('announce', file);
    expect(fromFile).to.deep.include({ ok: true, tracker: tracker.udpAnnounceUrl() });
    const magnet = `magnet:?xt=urn:btih:${fromFile?.infohash ?? ''}&tr=${encodeURIComponent(tracker.announceUrl())}`;
    const [fromMagnet] = await json('scrape', `${magnet}&tr=wss%3A%2F%2Fbrowser.example`);
    expect(fromMagnet).to.deep.include({
      ok: true,
      tracker: tracker.announceUrl(),
      infohash: fromFile?.infohash,
    });
    // URLs that are named are asked in the place of the torrent's own.
    const [named] = await json('scrape', tracker.announceUrl(), file);
    expect(named).to.deep.include({ tracker: tracker.announceUrl(), infohash: fromFile?.infohash });
  });

  it('ask the tracker of this machine, by its settings, if nobody else is named', async () => {
    const { status, stdout } = await runTracker(['scrape', INFOHASH, '--json'], {
      PORT: String(tracker.port),
    });
    expect([status, (JSON.parse(stdout) as Entry[])[0]?.tracker]).to.deep.equal([0, tracker.announceUrl()]);
  });

  it('ask at /announce a tracker that is named without a path', async () => {
    for (const url of announceUrls()) {
      const bare = url.replace(/\/announce$/, '');
      for (const named of [bare, `${bare}/`]) {
        const { status, stdout } = await runTracker(['scrape', named, INFOHASH, '--json']);
        expect([status, (JSON.parse(stdout) as Entry[])[0]?.tracker]).to.deep.equal([0, url]);
      }
    }
  });

  it('print a table without codes of a terminal where there is none', async () => {
    await json('announce', tracker.announceUrl(), INFOHASH, '--event', 'started', '--port', '7003');
    for (const url of announceUrls()) {
      const { status, stdout } = await runTracker(['announce', url, INFOHASH, '--scrape']);
      expect(status).to.equal(0);
      expect(stdout).to.not.contain('\x1b');
      const [titles, row, ...rest] = stdout.split('\n');
      expect(titles).to.match(/^TRACKER +INFOHASH +SEEDERS +LEECHERS +DOWNLOADS +INTERVAL +TIME$/);
      expect(row).to.match(new RegExp(`^${url} +${INFOHASH} +0 +2 +0 +\\d+ s +\\d+ ms +ok$`));
      expect(rest).to.include(`${url}: 1 peer`).and.to.include('  127.0.0.1:7003');
    }
  });

  it('end with status 1 if one of several does not answer, and tell which and why', async () => {
    const gone = `udp://127.0.0.1:${await freePort()}/announce`;
    const { status, stdout } = await runTracker(['scrape', tracker.announceUrl(), gone, INFOHASH, '--json']);
    expect(status).to.equal(1);
    const entries = JSON.parse(stdout) as Entry[];
    expect(entries.map(({ ok }) => ok)).to.deep.equal([true, false]);
    expect(entries[1]?.failure?.kind).to.equal('unreachable');
    expect(entries[1]?.failure?.message).to.contain('ECONNREFUSED');
  });

  it('show what a tracker says without the codes of a terminal that it may hold', async () => {
    const server = createServer((_, response) => response.end('d14:failure reason12:\x1b[31mred\r\nabe'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd.add(async () => {
      server.close();
      await once(server, 'close');
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`;
    const { status, stdout } = await runTracker(['announce', url]);
    expect(status).to.equal(1);
    expect(stdout).to.match(/refused: \?\[31mred\?\?ab\n$/);
  });

  for (const [what, args, said] of [
    [
      'a file that is not there',
      ['announce', 'gone.torrent'],
      /gone\.torrent cannot be read: ENOENT[^\n]*\n$/,
    ],
    ['what is no torrent', ['announce', 'x'], /^x: takes an infohash[^\n]*\n$/],
    [
      'another scheme',
      ['announce', 'wss://t.example'],
      /^wss:\/\/t\.example: takes an announce URL[^\n]*\n$/,
    ],
    ['a scrape of no torrent', ['scrape', 'udp://127.0.0.1:9'], /^scrape takes a torrent[^\n]*\n$/],
    ['a port of this machine that is none', ['scrape', INFOHASH], /^PORT: got "x"[^\n]*\n$/],
  ] as const) {
    it(`end with status 2 for ${what}, and say so in a line`, async () => {
      const { status, stdout, stderr } = await runTracker(args, { PORT: 'x' }, { cwd: directory });
      expect([status, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.match(said);
    });
  }

  describeWith([installed('opentracker')], 'and opentracker', () => {
    it('understand each other over HTTP and UDP', async () => {
      const list = join(directory, 'list');
      await writeFile(list, `${INFOHASH}\n`);
      const other = await startOpentracker(directory, list);
      atEnd.add(() => other.stop());
      for (const scheme of ['http', 'udp']) {
        const url = `${scheme}://127.0.0.1:${other.port}/announce`;
        const [first] = await json(
          'announce',
          url,
          INFOHASH,
          '--event',
          'started',
          '--port',
          '7001',
          '--left',
          '0',
        );
        expect(first?.announced?.interval).to.be.above(0);
        const [second] = await json('announce', url, INFOHASH, '--scrape', '--port', '7002');
        expect(second?.announced?.peers).to.include('127.0.0.1:7001');
        expect(second?.scraped?.seeders).to.equal(1);
      }
    });
  });
});
