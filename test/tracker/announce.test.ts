import { expect } from 'chai';

import { ClientError } from '../../lib/bittorrent/errors.js';
import { StoreUnavailableError } from '../../lib/store/errors.js';
import {
  addressOf,
  announceOf,
  INFOHASH,
  peerIdOf,
  queryOf,
  TrackerHarness,
  type Parameters,
} from './tracker-harness.js';

const endpoint = (number: number): string => `${addressOf(number)}:6881`;
const V6 = '2001:db8::1';
const V6_IN_HEX = '20010db80000000000000000000000011ae1';

async function refusal(harness: TrackerHarness, query: string): Promise<ClientError> {
  const error: unknown = await harness.announce(query, addressOf(1)).catch((failure: unknown) => failure);
  return error instanceof ClientError ? error : expect.fail(`not refused: ${query}`);
}

describe('the reply to an announce', () => {
  it('has intervals, counts, the address of the client and peers', async () => {
    const reply = await new TrackerHarness().client(1);
    expect(reply.keys()).to.deep.equal([
      'complete',
      'external ip',
      'incomplete',
      'interval',
      'min interval',
      'peers',
    ]);
    expect(reply.numbers()).to.deep.equal({
      complete: 0,
      incomplete: 1,
      interval: 1800,
      'min interval': 900,
    });
    expect(reply.compactPeers()).to.deep.equal([]);
  });

  it('tells an IPv4 client its address in 4 bytes and an IPv6 one in 16', async () => {
    const harness = new TrackerHarness();
    expect((await harness.client(1)).get('external ip')).to.deep.equal(Buffer.from([192, 0, 2, 1]));
    const v6 = (await harness.client(1, {}, V6)).get('external ip');
    expect(v6).to.deep.equal(Buffer.from(V6_IN_HEX.slice(0, 32), 'hex'));
  });

  it('lengthens the interval at random by up to the jitter, and never the min interval', async () => {
    const harness = new TrackerHarness({ INTERVAL_JITTER: '10' });
    const intervals = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const { interval = 0, 'min interval': least } = (await harness.client(1)).numbers();
      expect(interval).to.be.within(1800, 1979);
      expect(least).to.equal(900);
      intervals.add(interval);
    }
    expect(intervals.size).to.be.above(80);
  });
});

describe('a request that cannot be answered', () => {
  const good = { info_hash: INFOHASH, peer_id: peerIdOf(1), port: 6881 };

  it('is refused in fixed words, for good, and leaves nothing in the store', async () => {
    const harness = new TrackerHarness();
    const cases: [string, string][] = [
      ['', 'missing info_hash'],
      [queryOf({ ...good, info_hash: undefined }), 'missing info_hash'],
      [`${queryOf(good)}&${queryOf({ info_hash: INFOHASH })}`, 'more than one info_hash'],
      [queryOf({ ...good, info_hash: INFOHASH.subarray(1) }), 'info_hash is not 20 bytes'],
      [queryOf({ ...good, info_hash: INFOHASH.toString('hex') }), 'info_hash is not 20 bytes'],
      [queryOf({ ...good, peer_id: undefined }), 'missing peer_id'],
      [queryOf({ ...good, peer_id: 'short' }), 'peer_id is not 20 bytes'],
      [queryOf({ ...good, port: undefined }), 'missing port'],
      [queryOf({ ...good, port: -1 }), 'port is not a number from 0 to 65535'],
      [queryOf({ ...good, port: 65_536 }), 'port is not a number from 0 to 65535'],
      [queryOf({ ...good, port: 'http' }), 'port is not a number from 0 to 65535'],
    ];
    for (const [query, reason] of cases) {
      const error = await refusal(harness, query);
      expect([error.message, error.retryIn]).to.deep.equal([reason, 'never']);
    }
    expect(harness.store.operations).to.include({ fetch: 0, put: 0 });
  });
});

describe('what a client says of itself', () => {
  const counted = async (parameters: Parameters): Promise<Record<string, number>> => {
    const { complete = -1, incomplete = -1 } = (await new TrackerHarness().client(1, parameters)).numbers();
    return { complete, incomplete };
  };

  it('is a seeder with nothing left', async () => {
    expect(await counted({ left: 0 })).to.deep.equal({ complete: 1, incomplete: 0 });
    expect(await counted({ left: 0, event: 'paused' })).to.deep.equal({ complete: 1, incomplete: 0 });
  });

  it('is a leecher with something left, nothing about it, or no number', async () => {
    for (const left of [1, undefined, '', '-1', 'all', '1e3']) {
      expect(await counted({ left }), String(left)).to.deep.equal({ complete: 0, incomplete: 1 });
    }
  });

  it('is a partial seed when paused: incomplete, but no downloader', async () => {
    const harness = new TrackerHarness();
    const reply = await harness.client(1, { event: 'paused' });
    expect(reply.numbers()).to.include({ complete: 0, incomplete: 1 });
    expect(await harness.swarm()).to.deep.equal({
      complete: 0,
      downloaded: 0,
      downloaders: 0,
      incomplete: 1,
    });
    expect((await harness.client(2, { left: 0 })).compactPeers()).to.deep.equal([]);
    expect((await harness.client(3)).compactPeers()).to.deep.equal([endpoint(1), endpoint(2)]);
  });

  it('is downloading again after a pause as soon as it says so', async () => {
    const harness = new TrackerHarness();
    await harness.client(1, { event: 'paused' });
    await harness.client(1);
    expect(await harness.swarm()).to.deep.equal({ complete: 0, downloaded: 0, incomplete: 1 });
  });

  it('counts without an event when the event is unknown or empty', async () => {
    for (const event of ['', 'STARTED', 'resumed', '\u0000']) {
      expect(await counted({ event: encodeURIComponent(event) })).to.deep.equal({
        complete: 0,
        incomplete: 1,
      });
    }
  });
});

describe('how many peers a client gets', () => {
  let harness: TrackerHarness;

  before(async () => {
    harness = new TrackerHarness();
    for (let number = 1; number <= 250; number++) await harness.client(number);
  });

  const given = async (numwant: Parameters[string]): Promise<number> =>
    (await harness.client(251, { numwant })).compactPeers().length;

  it('is 50 if it does not say, or says something negative or no number', async () => {
    for (const numwant of [undefined, '', '-1', 'many', '1.5']) expect(await given(numwant)).to.equal(50);
  });

  it('is what it says, up to 200', async () => {
    expect(await given(7)).to.equal(7);
    expect(await given(200)).to.equal(200);
    expect(await given(201)).to.equal(200);
    expect(await given('99999999999999999999')).to.equal(200);
  });

  it('is none if it wants none, and the counts are there all the same', async () => {
    const reply = await harness.client(251, { numwant: 0 });
    expect(reply.compactPeers()).to.deep.equal([]);
    expect(reply.numbers()).to.include({ complete: 0, incomplete: 251 });
  });

  it('is as the settings say', async () => {
    const small = new TrackerHarness({ NUMWANT_DEFAULT: '2', NUMWANT_MAX: '3' });
    for (let number = 1; number <= 9; number++) await small.client(number);
    expect((await small.client(10)).compactPeers()).to.have.length(2);
    expect((await small.client(10, { numwant: 9 })).compactPeers()).to.have.length(3);
  });
});

describe('the form of the peers', () => {
  let harness: TrackerHarness;

  before(async () => {
    harness = new TrackerHarness();
    await harness.client(1);
    await harness.client(2, {}, V6);
  });

  it('is compact, IPv4 and IPv6 apart, unless the client says compact=0', async () => {
    for (const compact of [undefined, 1, 'yes', '']) {
      const reply = await harness.client(3, { compact });
      expect(reply.compactPeers()).to.deep.equal([endpoint(1), V6_IN_HEX]);
    }
  });

  it('is dictionaries of both families with peer ids for compact=0', async () => {
    const peers = (await harness.client(3, { compact: 0 })).peerDictionaries();
    const shown = peers.map((peer) => [peer.text('ip'), peer.get('port'), peer.get('peer id')]);
    expect(shown).to.deep.equal([
      [addressOf(1), 6881, peerIdOf(1)],
      [V6, 6881, peerIdOf(2)],
    ]);
  });

  it('leaves out the peer ids with no_peer_id=1', async () => {
    const peers = (await harness.client(3, { compact: 0, no_peer_id: 1 })).peerDictionaries();
    expect(peers.map((peer) => peer.keys())).to.deep.equal([
      ['ip', 'port'],
      ['ip', 'port'],
    ]);
  });
});

describe('a swarm', () => {
  it('is one for both families: each gets peers of the other', async () => {
    const harness = new TrackerHarness();
    await harness.client(1);
    expect((await harness.client(2, {}, V6)).compactPeers()).to.deep.equal([endpoint(1)]);
    expect((await harness.client(1)).compactPeers()).to.deep.equal([V6_IN_HEX]);
  });

  it('has an IPv4-mapped client as the IPv4 one', async () => {
    const harness = new TrackerHarness();
    await harness.client(1, {}, '::ffff:192.0.2.1');
    expect((await harness.client(2)).compactPeers()).to.deep.equal([endpoint(1)]);
    expect((await harness.client(1)).numbers()).to.include({ incomplete: 2 });
  });

  it('has any number of peers behind one address', async () => {
    const harness = new TrackerHarness();
    for (const number of [1, 2, 3]) await harness.client(number, { port: 7000 + number }, addressOf(9));
    const reply = await harness.client(4);
    expect(reply.compactPeers()).to.deep.equal(['192.0.2.9:7001', '192.0.2.9:7002', '192.0.2.9:7003']);
    expect(reply.numbers()).to.include({ incomplete: 4 });
  });

  it('gives a seeder leechers only, and a leecher or a partial seed both', async () => {
    const harness = new TrackerHarness();
    await harness.client(1, { left: 0 });
    await harness.client(2);
    expect((await harness.client(3, { left: 0 })).compactPeers()).to.deep.equal([endpoint(2)]);
    expect((await harness.client(4)).compactPeers()).to.deep.equal([endpoint(1), endpoint(2), endpoint(3)]);
    const paused = await harness.client(4, { event: 'paused' });
    expect(paused.compactPeers()).to.deep.equal([endpoint(1), endpoint(2), endpoint(3)]);
  });

  it('never gives a client itself, nor counts it twice', async () => {
    const harness = new TrackerHarness();
    for (let i = 0; i < 3; i++) {
      const reply = await harness.client(1);
      expect(reply.compactPeers()).to.deep.equal([]);
      expect(reply.numbers()).to.include({ incomplete: 1 });
    }
    // The same client with a new peer id, as after a restart.
    expect((await harness.client(2, {}, addressOf(1))).compactPeers()).to.deep.equal([]);
  });

  it('has nothing to do with another swarm', async () => {
    const harness = new TrackerHarness();
    await harness.client(1);
    const other = Buffer.from(INFOHASH);
    other[19] = 0;
    const reply = await harness.client(2, { info_hash: other });
    expect(reply.compactPeers()).to.deep.equal([]);
    expect(reply.numbers()).to.include({ incomplete: 1 });
  });

  it('counts a completed download once', async () => {
    const harness = new TrackerHarness();
    await harness.client(1, { event: 'started' });
    for (let i = 0; i < 3; i++) await harness.client(1, { left: 0, event: 'completed' });
    await harness.client(2, { left: 0, event: 'completed' });
    expect(await harness.swarm()).to.include({ downloaded: 1, complete: 2 });
  });

  it('loses a peer that stops, which gets counts and no peers', async () => {
    const harness = new TrackerHarness();
    await harness.client(1, { left: 0 });
    await harness.client(2);
    const reply = await harness.client(2, { event: 'stopped' });
    expect(reply.numbers()).to.include({ complete: 1, incomplete: 0 });
    expect(reply.compactPeers()).to.deep.equal([]);
    expect((await harness.client(3)).compactPeers()).to.deep.equal([endpoint(1)]);
  });

  it('answers a stranger that stops without an error, and is not made by it', async () => {
    const harness = new TrackerHarness();
    const reply = await harness.client(1, { event: 'stopped' });
    expect(reply.numbers()).to.include({ complete: 0, incomplete: 0 });
    const { keys } = await harness.store.keys({ from: '', to: '~' }, undefined, 10);
    expect(keys).to.deep.equal([]);
  });

  it('keeps a peer for 1.5 intervals after its last announce', async () => {
    const harness = new TrackerHarness();
    await harness.client(1);
    harness.pass(2699);
    expect((await harness.client(2)).compactPeers()).to.deep.equal([endpoint(1)]);
    harness.pass(1);
    const reply = await harness.client(3);
    expect(reply.compactPeers()).to.deep.equal([endpoint(2)]);
    expect(reply.numbers()).to.include({ incomplete: 2 });
  });
});

describe('a store that cannot be reached', () => {
  it('fails the announce, whose peer is not told that it is in', async () => {
    const harness = new TrackerHarness({}, { fault: () => 'before' });
    const failure: unknown = await harness
      .announce(announceOf(1), addressOf(1))
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StoreUnavailableError);
  });
});
