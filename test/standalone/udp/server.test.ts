import { expect } from 'chai';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

import { UdpServer } from '../../../lib/standalone/udp/server.js';
import { hasReusePort } from '../../../lib/standalone/udp/socket.js';
import { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { describeWith, ipv6Loopback } from '../../support/programs.js';
import { RecordingLog } from '../../support/recording-log.js';
import { rejectionOf } from '../../support/rejection.js';
import { announceRequest, connectRequest, readAnnounceReply } from '../../udp/client.js';
import { UdpClient } from '../../udp/socket-client.js';
import { UdpHarness } from '../../udp/udp-harness.js';

/** An address as of an interface of a machine that has nothing else. */
function address(text: string): NetworkInterfaceInfo {
  return { address: text, netmask: '', mac: '', internal: false, cidr: null, family: 'IPv4' };
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  const listening = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await listening;
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

describe('the UDP sockets of a process', function () {
  this.timeout(60_000);
  const log = new RecordingLog();
  const atEnd = new Cleanup();

  afterEach(() => atEnd.run());

  async function serve(
    harness: UdpHarness,
    host: string,
    interfaces = networkInterfaces,
  ): Promise<{ server: UdpServer; port: number }> {
    const port = await freeUdpPort();
    const { front } = harness;
    const server = new UdpServer(
      { front, log, interfaces },
      { udpReceiveBytes: 4_194_304, udpReusePort: false },
    );
    await server.listen(port, host);
    atEnd.add(() => server.close(0));
    return { server, port };
  }

  async function client(port: number, host?: string, own?: string): Promise<UdpClient> {
    const opened = await UdpClient.open(port, host, own);
    atEnd.add(() => opened.close());
    return opened;
  }

  it('answer', async () => {
    const { port, server } = await serve(new UdpHarness(), '127.0.0.1');
    expect(await (await client(port)).announce({ left: 0n })).to.include({ seeders: 1, leechers: 0 });
    expect(server.figures()).to.include({ received: 2, connects: 1, openRequests: 0, sockets: 1, unsent: 0 });
  });

  describeWith([ipv6Loopback], 'of both families', () => {
    it('have one swarm', async () => {
      const { port } = await serve(new UdpHarness(), '::');
      await (await client(port, '127.0.0.1')).announce({ left: 0n });
      const peerId = Buffer.alloc(20, 7);
      expect(await (await client(port, '::1')).announce({ peerId })).to.include({ seeders: 1, leechers: 1 });
    });
  });

  it('answer from the address that was asked, where the machine has several', async () => {
    const interfaces = (): ReturnType<typeof networkInterfaces> => ({
      eth0: [address('127.0.0.2'), address('127.0.0.3')],
    });
    const { port } = await serve(new UdpHarness(), '0.0.0.0', interfaces);
    for (const asked of ['127.0.0.2', '127.0.0.3']) {
      const { from } = await (await client(port, asked, '127.0.0.9')).ask(connectRequest());
      expect(from).to.include({ address: asked, port });
    }
  });

  it('follow the addresses of the machine', async () => {
    let addresses = [address('127.0.0.2'), address('127.0.0.3')];
    const { server, port } = await serve(new UdpHarness(), '0.0.0.0', () => ({ eth0: addresses }));
    addresses = [address('127.0.0.3'), address('127.0.0.4')];
    await server.look();
    expect(server.figures().sockets).to.equal(2);
    await (await client(port, '127.0.0.4')).announce();
    expect(await (await client(port, '127.0.0.2')).request(connectRequest(), 300)).to.equal(undefined);
  });

  it('are none if one of them is taken', async () => {
    const { port } = await serve(new UdpHarness(), '127.0.0.1');
    const { front } = new UdpHarness();
    const second = new UdpServer({ front, log }, { udpReceiveBytes: 4_194_304, udpReusePort: false });
    expect(await rejectionOf(second.listen(port, '127.0.0.1'))).to.include({ code: 'EADDRINUSE' });
    expect(second.figures().sockets).to.equal(0);
  });

  it('close when what was asked before is answered, and take nothing more meanwhile', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const harness = new UdpHarness({}, { schedule: () => held });
    const { server, port } = await serve(harness, '127.0.0.1');
    const peer = await client(port);
    const announced = peer.ask(announceRequest(await peer.connect()));
    await eventually('an open announce', 10_000, () => harness.front.openRequests === 1);
    const closed = server.close(30_000);
    const { received } = harness.front.counts;
    expect(await peer.request(connectRequest(), 300)).to.equal(undefined);
    expect(harness.front.counts.received).to.equal(received);
    release();
    readAnnounceReply((await announced).bytes);
    await closed;
    expect(harness.store.operations.put).to.equal(1);
  });

  it('close in time whatever is open', async () => {
    const harness = new UdpHarness({}, { schedule: () => new Promise(() => undefined) });
    const { server, port } = await serve(harness, '127.0.0.1');
    const peer = await client(port);
    peer.send(announceRequest(await peer.connect()));
    await eventually('an open announce', 10_000, () => harness.front.openRequests === 1);
    await server.close(50);
  });

  it('serve ten thousand addresses that come at once', async function () {
    this.timeout(120_000);
    const harness = new UdpHarness();
    const { port } = await serve(harness, '127.0.0.1');
    const many = 10_000;
    let next = 0;
    const leechers: number[] = [];
    const worker = async (): Promise<void> => {
      for (let i = next++; i < many; i = next++) {
        const peer = await UdpClient.open(
          port,
          '127.0.0.1',
          `127.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`,
        );
        const reply = await peer.announce({ port: 7001, numwant: 0 });
        leechers.push(reply.leechers);
        await peer.close();
      }
    };
    await Promise.all(Array.from({ length: 500 }, worker));
    expect(leechers).to.have.length(many);
    expect(Math.max(...leechers)).to.be.at.least(many * 0.9);
    expect(harness.front.counts.wrongIds).to.equal(0);
  });

  it('share a port where Node.js can', () => {
    expect(['20.19.0', '22.11.0', '23.0.1', '22.12.0', '23.1.0', '24.0.0'].map(hasReusePort)).to.deep.equal([
      ...[false, false, false],
      ...[true, true, true],
    ]);
  });
});
