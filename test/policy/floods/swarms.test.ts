import { expect } from 'chai';

import { Reply, TrackerHarness, type Parameters } from '../../tracker/tracker-harness.js';

const FLOOD = '198.51.100.7';

/** Of a numbered peer, each with its own id and port. */
function peer(number: number, changes: Parameters = {}): Parameters {
  const peer_id = Buffer.from(`-TT0001-${String(number).padStart(12, '0')}`);
  return { peer_id, port: 1000 + number, ...changes };
}

const torrent = (number: number): Buffer => {
  const infohash = Buffer.alloc(20, 0xab);
  infohash.writeUInt32BE(number);
  return infohash;
};

async function join(
  site: TrackerHarness,
  number: number,
  address: string,
  changes: Parameters = {},
): Promise<Reply> {
  try {
    return await site.client(1, peer(number, changes), address);
  } catch (error) {
    return new Reply(site.front.failure(error));
  }
}

/** Bytes that the store has. */
async function storedBytes(site: TrackerHarness): Promise<number> {
  const { keys } = await site.store.keys({ from: '', to: '~' }, undefined, 1e9);
  let sum = 0;
  for (const key of keys) {
    const { values } = await site.store.fetch(key);
    for (const value of values) sum += key.length + value.length;
  }
  return sum;
}

describe('one address with 5,000 ports in a swarm', () => {
  it('leaves every one of 20 other peers in a reply of 50, and takes the room of 64', async function () {
    this.timeout(60_000);
    const site = new TrackerHarness({ ADDRESS_SWARMS: '0' });
    for (let n = 0; n < 5000; n++) {
      if (n % 250 === 0) await join(site, 10_000 + n, `203.0.113.${n / 250}`);
      expect((await join(site, n, FLOOD)).get('failure reason')).to.equal(undefined);
    }
    const reply = await join(site, 20_000, '192.0.2.9', { numwant: 50 });
    const peers = reply.compactPeers();
    expect(peers).to.have.length(50);
    expect(peers.filter((one) => one.startsWith('203.0.113.'))).to.have.length(20);
    expect((await site.swarm())['incomplete']).to.equal(64 + 20 + 1);
    expect(await storedBytes(site)).to.be.below(100 * 31 + 200);
  });

  it('is as many as there are with ADDRESS_PEERS=0, and the others are in the reply all the same', async function () {
    this.timeout(60_000);
    const site = new TrackerHarness({ ADDRESS_PEERS: '0', ADDRESS_SWARMS: '0', SHARD_PEERS: '8192' });
    for (let n = 0; n < 20; n++) await join(site, 10_000 + n, `203.0.113.${n}`);
    for (let n = 0; n < 2000; n++) await join(site, n, FLOOD);
    const peers = (await join(site, 20_000, '192.0.2.9', { numwant: 50 })).compactPeers();
    expect(peers.filter((one) => one.startsWith('203.0.113.'))).to.have.length(20);
    expect((await site.swarm())['incomplete']).to.equal(2000 + 20 + 1);
  });

  it('does not write what is not kept, and lets peers in again when others expire', async () => {
    const site = new TrackerHarness({ ADDRESS_PEERS: '2' });
    for (const n of [1, 2]) await join(site, n, FLOOD);
    const { put } = site.store.operations;
    for (const n of [3, 4, 5]) {
      expect((await join(site, n, FLOOD, { event: 'started' })).compactPeers()).to.have.length(2);
    }
    expect(site.store.operations.put).to.equal(put);
    // Who is in stays in.
    await join(site, 1, FLOOD, { left: 0, event: 'completed' });
    expect((await site.swarm())['complete']).to.equal(1);
    site.pass(2701);
    await join(site, 3, FLOOD);
    expect((await site.swarm())['incomplete']).to.equal(1);
  });

  it('cannot fill the swarm with peers that stop at once', async () => {
    const site = new TrackerHarness();
    for (let n = 0; n < 500; n++) {
      await join(site, n, FLOOD, { event: 'started' });
      await join(site, n, FLOOD, { event: 'stopped' });
    }
    expect(await storedBytes(site)).to.be.below(100 * 31);
  });
});

describe('one address that invents torrents', () => {
  it('begins ADDRESS_SWARMS a minute, ten times as many at once, and is told when there will be one more', async () => {
    const site = new TrackerHarness({ ADDRESS_SWARMS: '2' });
    const reasons = async (count: number, from: number): Promise<(string | undefined)[]> => {
      const all: (string | undefined)[] = [];
      for (let n = 0; n < count; n++) {
        all.push((await join(site, 1, FLOOD, { info_hash: torrent(from + n) })).text('failure reason'));
      }
      return all;
    };
    const first = await reasons(30, 0);
    expect(first.filter((reason) => reason === undefined)).to.have.length(20);
    expect(first.at(-1)).to.equal('too many torrents that nobody else announces from your address');
    const reply = await join(site, 1, FLOOD, { info_hash: torrent(100) });
    expect(reply.get('retry in')).to.equal(1);
    const { keys } = await site.store.keys({ from: '', to: '~' }, undefined, 1000);
    expect(keys).to.have.length(20);
    // Those that it has begun, and those of others, are as they were.
    expect((await join(site, 2, FLOOD, { info_hash: torrent(3) })).text('failure reason')).to.equal(
      undefined,
    );
    await join(site, 1, '203.0.113.1', { info_hash: torrent(100) });
    expect((await join(site, 1, FLOOD, { info_hash: torrent(100) })).text('failure reason')).to.equal(
      undefined,
    );
    site.pass(60);
    const later = await reasons(10, 200);
    expect(later.filter((reason) => reason === undefined)).to.have.length(2);
  });

  it('leaves a bounded store behind, however long it goes on', async function () {
    this.timeout(60_000);
    const site = new TrackerHarness({ ADDRESS_SWARMS: '60', PEER_LIFETIME: '2000' });
    let begun = 0;
    for (let second = 0; second < 600; second++) {
      for (let n = 0; n < 20; n++) {
        const reply = await join(site, 1, FLOOD, { info_hash: torrent(second * 20 + n) });
        if (reply.get('failure reason') === undefined) begun++;
      }
      site.pass(1);
    }
    expect(begun).to.be.within(1100, 1201);
    expect(await storedBytes(site)).to.be.below(1201 * 100);
  });

  it('is not the machine of the tracker itself', async () => {
    const site = new TrackerHarness({ ADDRESS_SWARMS: '1' });
    for (let n = 0; n < 50; n++) {
      const reply = await join(site, 1, '127.0.0.1', { info_hash: torrent(n) });
      expect(reply.text('failure reason')).to.equal(undefined);
    }
  });
});

describe('an address that nobody can reach', () => {
  it('is not kept, and is answered', async () => {
    const site = new TrackerHarness();
    await join(site, 1, '203.0.113.1');
    for (const address of ['0.0.0.0', '224.0.0.1', '255.255.255.255', '::', 'ff02::1']) {
      expect((await join(site, 2, address)).compactPeers(), address).to.deep.equal(['203.0.113.1:1001']);
    }
    expect((await site.swarm())['incomplete']).to.equal(1);
  });

  it('or only some can, is given to those who can use it', async () => {
    const site = new TrackerHarness();
    await join(site, 1, '203.0.113.1');
    await join(site, 2, '10.0.0.1');
    await join(site, 3, '127.0.0.1');
    await join(site, 4, 'fe80::1');
    await join(site, 5, 'fd00::1');
    const given = async (address: string): Promise<number> =>
      (await join(site, 9, address, { event: 'started' })).compactPeers().length;
    expect(await given('198.51.100.1')).to.equal(1);
    expect(await given('10.0.0.2')).to.be.oneOf([3, 4]);
    expect(await given('127.0.0.2')).to.be.at.least(5);
  });

  it('is given as the public address where there is one', async () => {
    const site = new TrackerHarness({ PUBLIC_ADDRESS: '203.0.113.99' });
    await join(site, 1, '10.0.0.1');
    await join(site, 2, 'fd00::1');
    expect((await join(site, 3, '198.51.100.1')).compactPeers()).to.deep.equal(['203.0.113.99:1001']);
  });
});
