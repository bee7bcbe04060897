import { expect } from 'chai';
import { Client, type AnnounceOptions, type Scrape, type Update } from 'bittorrent-tracker';
import { Cleanup } from '../support/cleanup.js';
import { describeWith, ipv6Loopback } from '../support/programs.js';
import { startTracker, type Loopback, type TrackerProcess } from '../support/tracker-process.js';

/** Every byte value there is, 20 a hash, the last one filled up. */
const binaryHashes = Array.from({ length: 13 }, (_, i) =>
  Buffer.from(Array.from({ length: 20 }, (_, j) => (i * 20 + j) % 256)),
);

const seeding = { left: 0 };
const leeching = { left: 1000 };

describe('The client of npm bittorrent-tracker', function () {
  this.timeout(30_000);

  let tracker: TrackerProcess;
  let clients: Client[];
  let swarms = 0;
  const atEnd = new Cleanup();

  before(async () => {
    tracker = await startTracker();
    atEnd.add(() => tracker.dispose());
  });

  after(() => atEnd.run());

  beforeEach(() => {
    clients = [];
    swarms += 1;
  });

  afterEach(() => Promise.all(clients.map(destroy)));

  it('learns the peer that was there before it', async () => {
    const seeder = join(7001);
    const leecher = join(7002);
    await announce(seeder, 'start', seeding);
    const { update, peers } = await announce(leecher, 'start', leeching);
    expect(peers).to.deep.equal(['127.0.0.1:7001']);
    expect(update).to.include({ complete: 1, incomplete: 1 });
    expect(update.interval).to.be.at.least(1800);
  });

  it('as a seeder learns leechers only', async () => {
    const [first, second, leecher] = [join(7001), join(7002), join(7003)];
    await announce(first, 'start', seeding);
    await announce(leecher, 'start', leeching);
    const { peers } = await announce(second, 'start', seeding);
    expect(peers).to.deep.equal(['127.0.0.1:7003']);
  });

  it('is counted as a seeder and as one download when it completes, however often it says so', async () => {
    const client = join(7001);
    await announce(client, 'start', leeching);
    expect(await scrape(client)).to.deep.equal({ complete: 0, incomplete: 1, downloaded: 0 });
    await announce(client, 'complete', seeding);
    await announce(client, 'complete', seeding);
    expect(await scrape(client)).to.deep.equal({ complete: 1, incomplete: 0, downloaded: 1 });
  });

  it('is counted as what its last update says', async () => {
    const client = join(7001);
    await announce(client, 'start', seeding);
    const { update } = await announce(client, 'update', leeching);
    expect(update).to.include({ complete: 0, incomplete: 1 });
  });

  it('is gone when it stops', async () => {
    const leaving = join(7001);
    const staying = join(7002);
    await announce(leaving, 'start', leeching);
    await announce(leaving, 'stop', leeching);
    const { update, peers } = await announce(staying, 'start', leeching);
    expect(peers).to.deep.equal([]);
    expect(update).to.include({ complete: 0, incomplete: 1 });
  });

  it('keeps swarms apart whose infohashes differ in any byte value', async () => {
    for (const [i, infoHash] of binaryHashes.entries()) {
      for (let port = 7001; port <= 7001 + i; port += 1) {
        const client = join(port, { infoHash });
        await announce(client, 'start', leeching);
      }
    }
    for (const [i, infoHash] of binaryHashes.entries()) {
      const client = join(7001, { infoHash });
      expect(await scrape(client), infoHash.toString('hex')).to.include({ complete: 0, incomplete: i + 1 });
    }
  });

  it('is told of a failure in words', async () => {
    const client = join(7001, { infoHash: Buffer.alloc(19) });
    const warning = new Promise<Error>((resolve) => client.once('warning', resolve));
    client.start(leeching);
    expect((await warning).message).to.match(/info_hash/);
  });

  describeWith([ipv6Loopback], 'over IPv6', () => {
    it('learns peers with IPv6 addresses', async () => {
      const seeder = join(7001, { address: '::1' });
      const leecher = join(7002, { address: '::1' });
      await announce(seeder, 'start', seeding);
      const { peers } = await announce(leecher, 'start', leeching);
      expect(peers).to.deep.equal(['[::1]:7001']);
    });

    it('shares the swarm with peers of IPv4', async () => {
      const seeder = join(7001, { address: '::1' });
      const leecher = join(7002);
      await announce(seeder, 'start', seeding);
      const { update, peers } = await announce(leecher, 'start', leeching);
      expect(update).to.include({ complete: 1, incomplete: 1 });
      expect(peers).to.deep.equal(['[::1]:7001']);
    });
  });

  describe('over UDP', () => {
    const udp = { udp: true };

    it('learns the peer that was there before it', async () => {
      const [seeder, leecher] = [join(7001, udp), join(7002, udp)];
      await announce(seeder, 'start', seeding);
      const { update, peers } = await announce(leecher, 'start', leeching);
      expect(peers).to.deep.equal(['127.0.0.1:7001']);
      expect(update).to.include({ complete: 1, incomplete: 1 });
    });

    it('is counted as one download when it completes, and is gone when it stops', async () => {
      const client = join(7001, udp);
      await announce(client, 'start', leeching);
      await announce(client, 'complete', seeding);
      await announce(client, 'complete', seeding);
      expect(await scrape(client)).to.deep.equal({ complete: 1, incomplete: 0, downloaded: 1 });
      await announce(client, 'stop', seeding);
      expect(await scrape(client)).to.deep.equal({ complete: 0, incomplete: 0, downloaded: 1 });
    });

    it('shares the swarm with one over HTTP', async () => {
      const [onHttp, onUdp] = [join(7001), join(7002, udp)];
      await announce(onHttp, 'start', seeding);
      expect((await announce(onUdp, 'start', leeching)).peers).to.deep.equal(['127.0.0.1:7001']);
      expect((await announce(onHttp, 'update', seeding)).peers).to.deep.equal(['127.0.0.1:7002']);
    });

    it('keeps swarms apart whose infohashes differ in any byte value', async () => {
      for (const [i, infoHash] of binaryHashes.entries()) {
        // Other peers than those of the test over HTTP.
        const client = join(8001 + i, { infoHash, ...udp });
        const { incomplete } = await scrape(client);
        await announce(client, 'start', leeching);
        expect(await scrape(client), infoHash.toString('hex')).to.include({ incomplete: incomplete + 1 });
      }
    });
  });

  /**
   * A client in this test's own swarm unless an infohash is given. Its peer id follows from its
   * port.
   */
  function join(
    port: number,
    options: { infoHash?: Buffer; address?: Loopback; udp?: boolean } = {},
  ): Client {
    const client = new Client({
      infoHash: options.infoHash ?? Buffer.alloc(20, `\xff\0swarm ${swarms} `, 'latin1'),
      peerId: Buffer.alloc(20, `\x80\n${port}`, 'latin1'),
      announce: options.udp === true ? tracker.udpAnnounceUrl() : tracker.announceUrl(options.address),
      port,
    });
    clients.push(client);
    return client;
  }
});

function destroy(client: Client): Promise<void> {
  return new Promise((resolve) => {
    client.destroy(resolve);
  });
}

interface Announced {
  readonly update: Update;
  /** host:port, sorted. */
  readonly peers: readonly string[];
}

/** Makes one announce and waits for its reply; a failure rejects. */
async function announce(
  client: Client,
  event: 'start' | 'update' | 'complete' | 'stop',
  options: AnnounceOptions,
): Promise<Announced> {
  const peers: string[] = [];
  const learn = (peer: string): void => {
    peers.push(peer);
  };
  client.on('peer', learn);
  const update = await reply<Update>(client, 'update', () => {
    client[event](options);
  });
  client.off('peer', learn);
  return { update, peers: peers.sort() };
}

async function scrape(client: Client): Promise<Scrape> {
  const { complete, incomplete, downloaded } = await reply<Scrape>(client, 'scrape', () => {
    client.scrape();
  });
  return { complete, incomplete, downloaded };
}

/** The next event of that name, or the client's warning or error as a rejection. */
function reply<T extends Update | Scrape>(
  client: Client,
  event: 'update' | 'scrape',
  ask: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      client.off(event, succeed);
      client.off('warning', fail);
      client.off('error', fail);
    };
    const succeed = (value: Update | Scrape): void => {
      settle();
      resolve(value as T);
    };
    const fail = (error: Error): void => {
      settle();
      reject(error);
    };
    client.on(event, succeed).on('warning', fail).on('error', fail);
    ask();
  });
}
