import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { expect } from 'chai';
import { startAria2, startTransmission, type StartPeer } from '../clients/peers.js';
import { expectCounts, type ScrapeCounts } from '../clients/scrape.js';
import { makeTorrent, type Torrent } from '../clients/torrent.js';
import { BUILD_TIMEOUT_MS } from '../openwhisk/support/bundles.js';
import { deploy, mainOf } from '../openwhisk-double/client.js';
import { DeployedTracker, SECRET, type DeployedOptions } from '../openwhisk/support/deployed-tracker.js';
import { decodeCanonical } from '../http/bencoding.js';
import { BUCKET, SWARM_TYPE } from '../riak-double/tracker-types.js';
import { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { describeWith, installed } from '../support/programs.js';
import type { RunningProgram } from '../support/running-program.js';
import { seededBytes, seededRandom } from '../support/seeded-random.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { announceOf, queryOf, Reply } from '../tracker/tracker-harness.js';
import { startGateway, type Gateway } from './support/gateway.js';

const hashCount = 10_000;
const atOnce = 64;
const riakConnections = 16;

/** Transmission thinks about whom to ask every ten seconds only. */
const deadlineMs = 60_000;

describe('Clients, nginx, OpenWhisk and Riak', function () {
  this.timeout(Math.max(BUILD_TIMEOUT_MS, 4 * deadlineMs));

  const atEnd = new Cleanup();
  let tracker: DeployedTracker;
  let gateway: Gateway;
  let agent: Agent;

  afterEach(() => atEnd.run());

  async function start(
    options: DeployedOptions = {},
    settings: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    tracker = await DeployedTracker.start(options);
    atEnd.add(() => tracker.dispose());
    gateway = await startGateway(tracker.platform.port, {
      settings: {
        TRACKER_SECRET: SECRET,
        LIMIT_RATE: '1000000',
        LIMIT_BURST: '1000000',
        // More than the action's own timeout, as in gateway.env.
        READ_TIMEOUT: '60',
        ...settings,
      },
    });
    atEnd.add(() => gateway.dispose());
    agent = new Agent({ keepAlive: true, maxSockets: atOnce });
    atEnd.add(() => {
      agent.destroy();
      return Promise.resolve();
    });
  }

  /** @param localAddress whom the gateway sees */
  function ask(
    target: string,
    localAddress = '127.0.0.1',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: gateway.port, path: target, localAddress, headers, agent };
      get(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          expect([response.statusCode, response.headers['content-type']]).to.deep.equal([200, 'text/plain']);
          resolve(new Reply(decodeCanonical(Buffer.concat(chunks))));
        });
        response.on('error', reject);
      }).on('error', reject);
    });
  }

  describeWith([installed('nginx')], 'together', () => {
    it('take 10,000 random binary infohashes intact and mix up no replies, 64 clients at once', async () => {
      await start({ concurrency: atOnce, settings: { RIAK_MAX_CONNECTIONS: riakConnections } });
      const random = seededRandom(23);
      const hashes = Array.from({ length: hashCount }, () => seededBytes(random, 20));
      let connections = 0;
      const left = [...hashes.entries()];
      const client = async (_: unknown, number: number): Promise<void> => {
        const address = `127.0.1.${number}`;
        for (let next = left.pop(); next !== undefined; next = left.pop()) {
          const [i, hash] = next;
          const reply = await ask(`/announce?${announceOf(1, { info_hash: hash })}`, address);
          expect(reply.text('failure reason')).to.equal(undefined);
          expect((reply.get('external ip') as Buffer).join('.')).to.equal(address);
          expect(reply.get('incomplete')).to.equal(1);
          if (i % 10 === 0) {
            const scraped = await ask(`/scrape?${queryOf({ info_hash: hash })}`, address);
            expect(scraped.text('failure reason')).to.equal(undefined);
            expect([...scraped.dictionary('files').keys()]).to.deep.equal([hash.toString('hex')]);
          }
          connections = Math.max(connections, tracker.riak.nodes[0]?.connectionCount ?? 0);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, client));
      expect(tracker.riak.keys(SWARM_TYPE, BUCKET)).to.deep.equal(
        hashes.map((hash) => hash.toString('hex')).sort(),
      );
      const containers = tracker.platform.containers().length;
      expect(connections).to.be.within(2, riakConnections * containers);
    });

    it("store a client's real address, whatever headers it forges", async () => {
      await start();
      await ask(`/announce?${announceOf(1, { port: 7001 })}`, '127.0.0.3', {
        'X-Real-IP': '198.51.100.1',
        'X-Original-URI': `/announce?${announceOf(1, { port: 6666 })}`,
        'X-Forwarded-For': '198.51.100.1',
        'X-Require-Whisk-Auth': 'guess',
      });
      const reply = await ask(`/announce?${announceOf(2)}`, '127.0.0.4');
      expect(reply.compactPeers()).to.deep.equal(['127.0.0.3:7001']);
    });

    it('lose one reply when a container is killed, as a failure to try again', async () => {
      await start();
      await ask(`/announce?${announceOf(1)}`);
      const container = tracker.platform.containers('tracker/announce')[0];
      tracker.riak.nodes[0]?.pauseFor(300);
      const lost = ask(`/announce?${announceOf(2, { info_hash: Buffer.alloc(20, 0xfe) })}`);
      await eventually('the run', 5000, () => (tracker.riak.nodes[0]?.connectionCount ?? 0) > 0);
      await new Promise((resolve) => setTimeout(resolve, 100));
      process.kill(container?.pid ?? 0, 'SIGKILL');
      expect((await lost).text('failure reason')).to.equal('the tracker is out of order, try again later');
      expect((await lost).get('retry in')).to.equal(5);
      expect((await ask(`/announce?${announceOf(3)}`)).get('incomplete')).to.equal(2);
    });

    it('log the runs of 64 clients at once with the id that nginx gave to the request, whatever a client calls it', async () => {
      await start({ concurrency: atOnce, settings: { RIAK_CALL_TIMEOUT: 400, RIAK_CONNECT_TIMEOUT: 200 } });
      await ask(`/announce?${announceOf(1)}`);
      tracker.riak.nodes[0]?.pause();
      const random = seededRandom(29);
      const addresses = Array.from({ length: atOnce }, (_, i) => `127.0.2.${i + 1}`);
      await Promise.all(
        addresses.map(async (address) => {
          const target = `/announce?${announceOf(1, { info_hash: seededBytes(random, 20) })}`;
          const reply = await ask(target, address, { 'X-Request-ID': 'mine' });
          expect(reply.text('failure reason')).to.equal('the tracker is busy, try again later');
        }),
      );
      const requests = await eventually('64 lines of nginx', 5000, () => {
        const lines = accessLinesOf(gateway).filter(({ client }) => addresses.includes(client));
        return lines.length === atOnce ? lines : undefined;
      });
      const logged = tracker.platform.lines
        .map(({ line }) => JSON.parse(line) as { event: string; requestId: string; activationId: string })
        .filter(({ event }) => event === 'tracker busy')
        .map(({ requestId, activationId }) => `${requestId} ${activationId}`);
      expect(new Set(requests.map(({ client }) => client)).size).to.equal(atOnce);
      expect(logged.sort()).to.deep.equal(
        requests.map(({ request, activation }) => `${request} ${activation}`).sort(),
      );
    });

    it('are healthy while Riak answers', async () => {
      await start({ settings: { RIAK_CALL_TIMEOUT: 200, RIAK_CONNECT_TIMEOUT: 100 } });
      const health = async (): Promise<number> =>
        (await fetch(`http://127.0.0.1:${gateway.port}/health`)).status;
      expect(await health()).to.equal(200);
      await tracker.riak.close();
      expect(await health()).to.equal(503);
    });
  });

  describeWith(
    [installed('nginx'), installed('aria2'), installed('transmission')],
    'with real clients',
    () => {
      it('transfer a file', async () => {
        // A gateway that keeps no scrapes, so that the counts are those of now.
        await start({}, { SCRAPE_CACHE: '0' });
        // With its container warm, so that no first announce fails on a slow machine and is only
        // repeated much later.
        await ask(`/announce?${announceOf(1)}`);
        const torrent = makeTorrent('through-the-gateway', `http://127.0.0.1:${gateway.port}/announce`);
        const leecher = await join(startTransmission, torrent, false);
        // Transmission takes no tracker's word for a peer on loopback: the other one has to find
        // it.
        await expectSwarm(torrent, { complete: 0, incomplete: 1, downloaded: 0 }, leecher.program);
        const seeder = await join(startAria2, torrent, true);
        await eventually(
          'the transfer',
          deadlineMs,
          async () => torrent.content.equals(await readOrEmpty(`${leecher.content}/${torrent.fileName}`)),
          () => leecher.program.describe() + seeder.program.describe(),
        );
        await expectSwarm(torrent, { complete: 2, incomplete: 0, downloaded: 1 });
      });

      const failures: [
        what: string,
        options: DeployedOptions,
        breakIt: () => Promise<void>,
        message: string,
      ][] = [
        [
          'is throttled',
          { platform: { invocationsPerMinute: 0 } },
          () => Promise.resolve(),
          'the tracker is busy, try again later',
        ],
        [
          'has no invokers',
          { platform: { maxContainers: 0 } },
          () => Promise.resolve(),
          'the tracker is busy, try again later',
        ],
        [
          'waits too long',
          { platform: { maxWaitMs: 1 } },
          () => Promise.resolve(),
          'the tracker is busy, try again later',
        ],
        [
          'wants another secret',
          { secret: 'another-secret-of-the-tests' },
          () => Promise.resolve(),
          'the tracker is out of order, try again later',
        ],
        [
          'has an action that crashes',
          {},
          () => redeployAnnounce('process.exit(1);'),
          'the tracker is out of order, try again later',
        ],
        [
          'has an action that rejects',
          {},
          () => redeployAnnounce('return Promise.reject(new Error("on purpose"));'),
          'the tracker is out of order, try again later',
        ],
        ['has no actions', {}, undeployAnnounce, 'the tracker is out of order, try again later'],
        ['is not there', {}, () => tracker.platform.close(), 'the tracker is busy, try again later'],
      ];

      for (const [what, options, breakIt, message] of failures) {
        it(`show a tracker's message when the platform ${what}`, async () => {
          await start(options);
          await breakIt();
          const torrent = makeTorrent('no-tracker', `http://127.0.0.1:${gateway.port}/announce`);
          const { program } = await join(startTransmission, torrent, false);
          await eventually(
            'the message',
            deadlineMs,
            () => program.stderr.includes(`Tracker gave an error:: ${message}`),
            () => program.describe(),
          );
        });
      }
    },
  );

  function expectSwarm(torrent: Torrent, wanted: ScrapeCounts, ...programs: RunningProgram[]): Promise<void> {
    return expectCounts(`http://127.0.0.1:${gateway.port}`, torrent.infoHash, wanted, deadlineMs, () =>
      [announcesOf(gateway), ...programs.map((one) => one.describe())].join('\n'),
    );
  }

  function redeployAnnounce(body: string): Promise<void> {
    return deploy(tracker.platform, 'tracker/announce', mainOf(body));
  }

  function undeployAnnounce(): Promise<void> {
    tracker.platform.entities.actions.delete('tracker/announce');
    return Promise.resolve();
  }

  async function join(
    startPeer: StartPeer,
    torrent: Torrent,
    isSeeder: boolean,
  ): Promise<{ program: RunningProgram; content: string }> {
    const directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
    const content = `${directory}/content`;
    const home = `${directory}/home`;
    await mkdir(content);
    await mkdir(home);
    const torrentFile = `${directory}/one.torrent`;
    await writeFile(torrentFile, torrent.metainfo);
    if (isSeeder) await writeFile(`${content}/${torrent.fileName}`, torrent.content);
    const program = await startPeer({
      torrentFile,
      contentDirectory: content,
      homeDirectory: home,
      address: '127.0.0.1',
    });
    atEnd.add(() => program.stop());
    return { program, content };
  }
});

interface AccessLine {
  readonly client: string;
  readonly route: string;
  readonly request: string;
  readonly activation: string;
}

/** What nginx has logged, oldest first. */
function accessLinesOf({ accessLog }: Gateway): AccessLine[] {
  const lines = readFileSync(accessLog, 'utf8').split('\n');
  // The last one may be half written.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as AccessLine);
}

/** What a reader of a failure wants to know: every announce that nginx has logged. */
function announcesOf(gateway: Gateway): string {
  return accessLinesOf(gateway)
    .filter(({ route }) => route === 'announce')
    .map((line) => JSON.stringify(line))
    .join('\n');
}

async function readOrEmpty(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
