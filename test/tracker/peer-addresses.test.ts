import { expect } from 'chai';

import { addressOf, peerIdOf, TrackerHarness } from './tracker-harness.js';

const endpoint = (number: number): string => `${addressOf(number)}:6881`;

describe('the ip parameter', () => {
  const seen = async (harness: TrackerHarness, ip: string, address: string): Promise<string[]> => {
    await harness.client(1, { ip }, address);
    // Asked for by a machine that can reach them all.
    const reply = await harness.client(2, {}, '127.0.0.9');
    return reply.compactPeers();
  };
  const trusting = (): TrackerHarness => new TrackerHarness({ TRUST_IP_PARAMETER: 'on' });

  it('is ignored', async () => {
    expect(await seen(new TrackerHarness(), '203.0.113.5', '10.0.0.1')).to.deep.equal(['10.0.0.1:6881']);
  });

  it('is believed from private addresses if so configured, and the client is still told its own', async () => {
    const harness = trusting();
    expect(await seen(harness, '203.0.113.5', '10.0.0.1')).to.deep.equal(['203.0.113.5:6881']);
    const reply = await harness.client(1, { ip: '203.0.113.5' }, '10.0.0.1');
    expect(reply.get('external ip')).to.deep.equal(Buffer.from([10, 0, 0, 1]));
  });

  it('is never believed from a public address', async () => {
    expect(await seen(trusting(), '203.0.113.5', '198.51.100.1')).to.deep.equal(['198.51.100.1:6881']);
  });

  it('is not believed if nobody, or no more than can reach the client, can reach what it says', async () => {
    for (const ip of [
      '0.0.0.0',
      '127.0.0.1',
      '169.254.1.1',
      '224.0.0.1',
      '255.255.255.255',
      '10.0.0.9',
      '192.168.1.5',
      '100.64.0.9',
      '::',
      '::1',
      'fe80::1',
      'fe80::1%25eth0',
      'ff02::1',
      'fd00::5',
      '::ffff:10.0.0.9',
    ]) {
      expect(await seen(trusting(), ip, '10.0.0.1'), ip).to.deep.equal(['10.0.0.1:6881']);
    }
  });

  it("is believed from the tracker's own machine also if it is private: more can reach that", async () => {
    expect(await seen(trusting(), '192.168.1.5', '127.0.0.1')).to.deep.equal(['192.168.1.5:6881']);
    expect(await seen(trusting(), '127.0.0.2', '127.0.0.1')).to.deep.equal(['127.0.0.1:6881']);
  });

  it('is ignored if it is no address, so names are never looked up', async () => {
    for (const ip of ['localhost', '', '300.1.1.1', '1.2.3']) {
      expect(await seen(trusting(), ip, '10.0.0.1')).to.deep.equal(['10.0.0.1:6881']);
    }
  });
});

describe("a client on the tracker's own network", () => {
  const settings = { PUBLIC_ADDRESS: '203.0.113.5, 2001:db8::5' };
  const PUBLIC_V6 = '20010db80000000000000000000000051ae1';

  it('is given to others with the public address, and to its neighbours as it is', async () => {
    const harness = new TrackerHarness(settings);
    await harness.client(1, {}, '192.168.1.5');
    await harness.client(2, {}, 'fd00::5');
    expect((await harness.client(3)).compactPeers()).to.deep.equal([PUBLIC_V6, '203.0.113.5:6881']);
    await harness.client(3, { event: 'stopped' });
    expect((await harness.client(4, {}, '192.168.1.6')).compactPeers()).to.deep.equal([
      '192.168.1.5:6881',
      'fd0000000000000000000000000000051ae1',
    ]);
  });

  it('is given as dictionaries alike', async () => {
    const harness = new TrackerHarness(settings);
    await harness.client(1, {}, '127.0.0.1');
    const [peer] = (await harness.client(3, { compact: 0 })).peerDictionaries();
    expect([peer?.text('ip'), peer?.get('port'), peer?.get('peer id')]).to.deep.equal([
      '203.0.113.5',
      6881,
      peerIdOf(1),
    ]);
  });

  it('is told the public address as its own', async () => {
    const harness = new TrackerHarness(settings);
    const told = async (address: string): Promise<unknown> =>
      (await harness.client(1, {}, address)).get('external ip');
    expect(await told('10.0.0.1')).to.deep.equal(Buffer.from([203, 0, 113, 5]));
    expect(await told('::1')).to.deep.equal(Buffer.from(PUBLIC_V6.slice(0, 32), 'hex'));
    expect(await told('198.51.100.1')).to.deep.equal(Buffer.from([198, 51, 100, 1]));
  });
});

describe('a client without a listener, on port 0', () => {
  it('gets peers and counts, and is given and counted to nobody', async () => {
    const harness = new TrackerHarness();
    await harness.client(1);
    for (const event of ['started', undefined, 'completed', 'paused']) {
      const reply = await harness.client(2, { port: 0, event });
      expect(reply.compactPeers(), event).to.deep.equal([endpoint(1)]);
      expect(reply.numbers(), event).to.include({ complete: 0, incomplete: 1 });
    }
    expect((await harness.client(3)).compactPeers()).to.deep.equal([endpoint(1)]);
    expect((await harness.client(2, { port: 0, left: 0 })).compactPeers()).to.deep.equal([
      endpoint(1),
      endpoint(3),
    ]);
  });

  it('may stop: it gets counts and no peers, and takes nobody away', async () => {
    const harness = new TrackerHarness();
    await harness.client(1);
    const reply = await harness.client(2, { port: 0, event: 'stopped' });
    expect(reply.compactPeers()).to.deep.equal([]);
    expect(reply.numbers()).to.include({ complete: 0, incomplete: 1 });
    expect((await harness.client(3)).compactPeers()).to.deep.equal([endpoint(1)]);
  });

  it('is never stored, nor makes a swarm', async () => {
    const harness = new TrackerHarness();
    for (const event of ['started', undefined, 'completed', 'paused', 'stopped']) {
      const reply = await harness.client(1, { port: 0, event });
      expect(reply.numbers(), event).to.include({ complete: 0, incomplete: 0 });
    }
    expect(harness.store.operations).to.include({ put: 0, increment: 0 });
  });

  it('is a seeder that gets leechers, and a leecher that gets both', async () => {
    const harness = new TrackerHarness();
    await harness.client(1);
    await harness.client(2, { left: 0 });
    expect((await harness.client(3, { port: 0, left: '0%20' })).compactPeers()).to.deep.equal([endpoint(1)]);
    expect((await harness.client(4, { port: 0 })).compactPeers()).to.deep.equal([endpoint(1), endpoint(2)]);
  });
});
