import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';

import { REPORT_KEY } from '../../lib/purge/report.js';
import { WEB, type Answer } from '../openwhisk-double/client.js';
import type { WarmContainer } from '../openwhisk-double/warm-container.js';
import { startRiakDouble } from '../riak-double/double.js';
import { BUCKET, SWARM_TYPE, trackerTypes } from '../riak-double/tracker-types.js';
import { defined } from '../support/defined.js';
import { eventually } from '../support/eventually.js';
import { seededBytes, seededRandom } from '../support/seeded-random.js';
import { announceOf, queryOf, Reply } from '../tracker/tracker-harness.js';
import { BUILD_TIMEOUT_MS } from './support/bundles.js';
import { DeployedTracker, SECRET, type DeployedOptions } from './support/deployed-tracker.js';

const hashCount = 10_000;
const atOnce = 64;
const maxConnections = 16;

/** What a client sees; expects that it is the answer of a tracker. */
function replyOf({ status, headers, body }: Answer): Reply {
  expect([status, headers['content-type']]).to.deep.equal([200, 'application/octet-stream']);
  return new Reply(body);
}

/** Calls `act` with each item, 64 of them under way at any time. */
async function forAll<T>(items: readonly T[], act: (item: T, index: number) => Promise<void>): Promise<void> {
  const left = [...items.entries()];
  const client = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await act(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: atOnce }, client));
}

function randomHashes(count: number): Buffer[] {
  const random = seededRandom(17);
  return Array.from({ length: count }, () => seededBytes(random, 20));
}

describe('the bundles on OpenWhisk with Riak', function () {
  this.timeout(BUILD_TIMEOUT_MS);
  let tracker: DeployedTracker;

  const start = async (options: DeployedOptions = {}): Promise<void> => {
    tracker = await DeployedTracker.start(options);
  };

  afterEach(() => tracker.dispose());

  const announce = (infohash: Uint8Array, port: number, address?: string, headers = {}): Promise<Answer> =>
    tracker.request('announce', announceOf(1, { info_hash: infohash, port }), address, headers);

  const announceContainer = (): WarmContainer => defined(tracker.platform.containers('tracker/announce')[0]);

  const storedHashes = (): string[] => tracker.riak.keys(SWARM_TYPE, BUCKET);

  it('take 10,000 random binary infohashes intact, 64 announces at once in one process', async () => {
    await start({ concurrency: atOnce, settings: { RIAK_MAX_CONNECTIONS: maxConnections } });
    const hashes = randomHashes(hashCount);
    let connections = 0;
    await forAll(hashes, async (infohash, i) => {
      const reply = replyOf(await announce(infohash, 1024 + (i % 60_000)));
      expect(reply.get('incomplete')).to.equal(1);
      connections = Math.max(connections, tracker.riak.nodes[0]?.connectionCount ?? 0);
    });
    expect(storedHashes()).to.deep.equal(hashes.map((hash) => hash.toString('hex')).sort());
    expect(tracker.platform.containers('tracker/announce')).to.have.length(1);
    expect(connections).to.be.within(2, maxConnections);
  });

  it('mix up no replies of 64 clients at once', async () => {
    await start({ concurrency: atOnce });
    const hashes = randomHashes(600);
    // The first peer of each swarm has a port that no other swarm has.
    await forAll(hashes, async (infohash, i) => {
      await announce(infohash, 10_000 + i, '198.51.100.7');
    });
    await forAll(hashes, async (infohash, i) => {
      const ip = `192.0.2.${i % 250}`;
      const reply = replyOf(
        await tracker.request('announce', announceOf(2, { info_hash: infohash, port: 5 }), ip),
      );
      expect(reply.compactPeers()).to.deep.equal([`198.51.100.7:${10_000 + i}`]);
      expect((reply.get('external ip') as Buffer).join('.')).to.equal(ip);
      const scraped = replyOf(await tracker.request('scrape', queryOf({ info_hash: infohash })));
      expect([...scraped.dictionary('files').keys()]).to.deep.equal([infohash.toString('hex')]);
    });
  });

  it('are out of reach without the secret', async () => {
    await start();
    const query = announceOf(1);
    const { status } = await tracker.requestPast('announce', { 'X-Original-URI': `/announce?${query}` });
    expect(status).to.equal(401);
    expect(storedHashes()).to.deep.equal([]);
  });

  it('never read the query that the controller has seen', async () => {
    await start();
    const reply = replyOf(
      await tracker.requestPast('announce', {
        'X-Real-IP': '192.0.2.1',
        'X-Require-Whisk-Auth': SECRET,
      }),
    );
    expect(reply.text('failure reason')).to.equal('this tracker only answers through its gateway');
    expect(storedHashes()).to.deep.equal([]);
  });

  it('log each failure with the ids of its own run, 64 at once', async () => {
    await start({ concurrency: atOnce, settings: { RIAK_CALL_TIMEOUT: 400, RIAK_CONNECT_TIMEOUT: 200 } });
    const [warming, ...hashes] = randomHashes(201) as [Buffer, ...Buffer[]];
    replyOf(await announce(warming, 5));
    defined(tracker.riak.nodes[0]).pause();
    const expected: string[] = [];
    await forAll(hashes, async (infohash, i) => {
      const answer = await announce(infohash, 5, '192.0.2.1', { 'X-Request-ID': `request-${i}` });
      expect(replyOf(answer).text('failure reason')).to.equal('the tracker is busy, try again later');
      expected.push(`request-${i} ${String(answer.headers['x-openwhisk-activation-id'])}`);
    });
    const logged = tracker.platform.lines
      .map(({ line }) => JSON.parse(line) as { event: string; requestId: string; activationId: string })
      .filter(({ event }) => event === 'tracker busy')
      .map(({ requestId, activationId }) => `${requestId} ${activationId}`);
    expect(logged.sort()).to.deep.equal(expected.sort());
  });

  it('say in the log which setting is wrong, and answer a failure', async () => {
    await start({ settings: { STORE: 'lmdb' } });
    expect(replyOf(await announce(randomHashes(1)[0] as Buffer, 5)).text('failure reason')).to.equal(
      'internal error',
    );
    expect(tracker.platform.lines.map(({ line }) => line).join()).to.include('STORE: is lmdb, takes riak');
  });

  it('refuse to run where a client could choose their settings', async () => {
    await start({ annotations: WEB });
    const [infohash] = randomHashes(1) as [Buffer];
    expect(replyOf(await announce(infohash, 5)).text('failure reason')).to.equal('internal error');
    expect(tracker.platform.lines.map(({ line }) => line).join()).to.include(
      'deploy the action with web: raw',
    );
    expect(storedHashes()).to.deep.equal([]);
  });

  it('take the settings that their package has now, in the same process, and let go of the old Riak', async () => {
    await start({ settings: { ANNOUNCE_INTERVAL: 1800, INTERVAL_JITTER: 0 } });
    const [infohash] = randomHashes(1) as [Buffer];
    expect(replyOf(await announce(infohash, 5)).get('interval')).to.equal(1800);
    const { pid } = announceContainer();
    const other = await startRiakDouble({ types: trackerTypes });
    try {
      await tracker.bind({ ANNOUNCE_INTERVAL: 900, INTERVAL_JITTER: 0, RIAK_NODES: other.addresses });
      expect(replyOf(await announce(infohash, 5)).get('interval')).to.equal(900);
      expect(announceContainer().pid).to.equal(pid);
      expect(other.keys(SWARM_TYPE, BUCKET)).to.deep.equal([infohash.toString('hex')]);
      await eventually(
        'the old connections are closed',
        2000,
        () => tracker.riak.nodes[0]?.connectionCount === 0,
      );
    } finally {
      await other.close();
    }
  });

  it('lose one reply when their container is killed', async () => {
    await start();
    const [first, second, third] = randomHashes(3) as [Buffer, Buffer, Buffer];
    replyOf(await announce(first, 5));
    const { pid } = announceContainer();
    tracker.riak.nodes[0]?.pauseFor(300);
    const lost = announce(second, 5);
    await delay(100);
    process.kill(pid, 'SIGKILL');
    expect((await lost).status).to.equal(400);
    replyOf(await announce(third, 5));
    replyOf(await announce(second, 5));
    expect(announceContainer().pid).to.not.equal(pid);
    expect(storedHashes()).to.include.members([first, second, third].map((hash) => hash.toString('hex')));
  });

  it('lose one reply when their container freezes', async () => {
    await start({ timeoutMs: 2000 });
    const [first, second, third] = randomHashes(3) as [Buffer, Buffer, Buffer];
    replyOf(await announce(first, 5));
    announceContainer().freeze();
    const lost = announce(second, 5);
    replyOf(await announce(third, 5));
    expect((await lost).status).to.equal(400);
    replyOf(await announce(second, 5));
  });

  it('go on after a pause in which Riak has dropped their connections', async () => {
    await start({ platform: { pauseAfterMs: 20 } });
    const [first, second] = randomHashes(2) as [Buffer, Buffer];
    replyOf(await announce(first, 5));
    const container = announceContainer();
    await eventually('the pause', 2000, () => container.isPaused);
    tracker.riak.nodes[0]?.cutConnections();
    await delay(50);
    expect(replyOf(await announce(second, 5)).get('incomplete')).to.equal(1);
    expect(announceContainer()).to.equal(container);
  });

  it('connect when the first announce needs it, and not before', async () => {
    await start({ settings: { STORE: 'riak' } });
    const reply = replyOf(await tracker.request('announce', 'nonsense'));
    expect(reply.text('failure reason')).to.be.a('string');
    expect(tracker.riak.nodes[0]?.connectionCount).to.equal(0);
    await Promise.all(randomHashes(5).map((hash) => announce(hash, 5)));
    expect(tracker.riak.nodes[0]?.connectionCount).to.be.above(0);
  });

  it('purge from their trigger, in slices that invoke each other, to the end', async () => {
    await start({
      concurrency: atOnce,
      purgeTimeoutMs: 3000,
      settings: { PEER_LIFETIME: 2, ANNOUNCE_INTERVAL: 1, WARM_SECONDS: 1 },
    });
    const [live, ...expired] = randomHashes(300) as [Buffer, ...Buffer[]];
    await forAll(expired, async (hash) => {
      replyOf(await announce(hash, 5));
    });
    await delay(2100);
    replyOf(await announce(live, 5));
    defined(tracker.riak.nodes[0]).latency = () => 25;
    await tracker.schedule('hourly');
    for (let i = 0; i < 2; i++) defined(tracker.platform.alarms).ring('hourly');
    const ends = (): unknown[] =>
      tracker.platform
        .activations()
        .filter(({ name }) => name === 'tracker/purge')
        .map(({ result }) => result);
    const isDone = (result: unknown): boolean => (result as { done?: unknown }).done === true;
    const areDone = async (): Promise<boolean> => {
      // Somebody who goes on announcing stays, whatever is purged.
      replyOf(await announce(live, 5));
      return ends().filter(isDone).length === 2;
    };
    await eventually('the end of both', 30_000, areDone, () =>
      JSON.stringify([ends(), tracker.platform.lines]),
    );
    expect(ends().length).to.be.above(2);
    expect(ends().every((result) => !('error' in (result as object)))).to.equal(true);
    const isHeld = (key: string): boolean =>
      tracker.riak.held(SWARM_TYPE, BUCKET, key).some(({ tombstone }) => !tombstone);
    expect(storedHashes().filter(isHeld)).to.deep.equal([live.toString('hex'), REPORT_KEY]);
  });
});
