import { expect } from 'chai';

import { exchange } from '../support/raw-http.js';
import { Cleanup } from '../support/cleanup.js';
import { DeployedTracker, SECRET } from '../openwhisk/support/deployed-tracker.js';
import { describeWith, installed } from '../support/programs.js';
import { buildFirst } from '../standalone/support/entry.js';
import { startFront } from '../standalone/support/front.js';
import { UdpClient } from '../udp/socket-client.js';
import { ask, failureOf, parseReply } from './support/ask.js';
import { startGateway, type Gateway } from './support/gateway.js';
import { ScriptedPlatform } from './support/scripted-platform.js';

/** Bytes that are no UTF-8, and those that a decoded request line could not hold. */
const infohash = Buffer.from('ff00c3202325262b2f3f0a0de2808e61fe5c7c7f', 'hex');
const escaped = infohash.toString('hex').replace(/../g, '%$&');

function announce(number: number, more = ''): string {
  return `/announce?info_hash=${escaped}&peer_id=${String(number).padStart(20, '-')}&port=${7000 + number}&left=1${more}`;
}

describeWith([installed('nginx')], 'The gateway with a front', () => {
  describe('passes on', () => {
    let front: ScriptedPlatform;
    let platform: ScriptedPlatform;
    let gateway: Gateway;

    before(async () => {
      [front, platform] = await Promise.all([ScriptedPlatform.start(), ScriptedPlatform.start()]);
      gateway = await startGateway(platform.port, { settings: { GATEWAY_FRONT: `127.0.0.1:${front.port}` } });
    });

    beforeEach(() => {
      front.requests.length = 0;
      platform.requests.length = 0;
      front.answerWith((_request, reply) => {
        reply.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 2 }).end('de');
      });
    });

    after(async () => {
      await gateway.dispose();
      await Promise.all([front.stop(), platform.stop()]);
    });

    it('the request line byte for byte and the address of the client, and nothing else of it', async () => {
      for (const target of [announce(1), '/scrape?info_hash=%ff&x=%zz|[]', '/announce', '/announce??a%2Fb']) {
        const headers = ['X-Forwarded-For: 198.51.100.1', 'X-Real-IP: 198.51.100.2', 'Cookie: a=b'];
        const { status, body } = await ask(gateway.port, target, { headers });
        expect([status, body]).to.deep.equal([200, 'de']);
        expect(front.last.target).to.equal(target);
        expect(Object.fromEntries(front.last.headers)).to.deep.equal({
          host: ['openwhisk.example'],
          'x-forwarded-for': ['127.0.0.1'],
        });
      }
      expect(platform.requests).to.have.length(0);
    });

    it('over a kept connection', async () => {
      for (let i = 0; i < 20; i++) await ask(gateway.port, announce(i));
      expect(new Set(front.requests.map(({ socket }) => socket)).size).to.equal(1);
    });

    it('neither HEAD, nor bodies, nor bytes that are not ASCII, nor other paths', async () => {
      expect((await ask(gateway.port, announce(1), { method: 'HEAD' })).status).to.equal(200);
      const post = { method: 'POST', headers: ['Content-Length: 1'], body: 'x' };
      expect((await ask(gateway.port, announce(1), post)).status).to.equal(405);
      expect(failureOf(await ask(gateway.port, '/announce?\xff'))['failure reason']).to.match(/escaped/);
      for (const path of ['/announce/', '/metrics', '/x/../announce']) {
        expect((await ask(gateway.port, path)).status, path).to.equal(404);
      }
      expect(front.requests).to.have.length(0);
    });

    it('the health of the front, and asks the stats action for the page as before', async () => {
      await ask(gateway.port, '/health');
      expect([front.last.target, platform.requests.length]).to.deep.equal(['/health', 0]);
      front.answerWith((_request, reply) => reply.writeHead(503).end('unavailable\n'));
      expect((await ask(gateway.port, '/health')).status).to.equal(503);
      front.requests.length = 0;
      await ask(gateway.port, '/');
      expect([front.requests.length, platform.requests.length]).to.deep.equal([0, 1]);
    });

    it('that the tracker is busy while the front is away', async () => {
      front.answerWith((request) => request.socket.destroy());
      const failure = failureOf(await ask(gateway.port, announce(1)));
      expect(failure).to.deep.equal({
        'failure reason': 'the tracker is busy, try again later',
        'retry in': 5,
      });
      expect((await ask(gateway.port, '/health')).body).to.equal('unavailable\n');
    });
  });

  describe('on this machine', function () {
    this.timeout(120_000);
    buildFirst();
    const atEnd = new Cleanup();
    afterEach(() => atEnd.run());

    it('has clients over HTTP, each with its own address, in the swarms of those over UDP', async () => {
      const deployed = await DeployedTracker.start({ concurrency: 64 });
      atEnd.add(() => deployed.dispose());
      const { port: frontPort, program } = await startFront(deployed.platform.apiHost, {
        HOST: '127.0.0.1',
        TRUSTED_PROXIES: '127.0.0.1',
      });
      atEnd.add(() => program.stop());
      const gateway = await startGateway(deployed.platform.port, {
        settings: { GATEWAY_FRONT: `127.0.0.1:${frontPort}`, TRACKER_SECRET: SECRET, READ_TIMEOUT: '60' },
        // A CDN, as a client on loopback has no address that others could use.
        include: 'set_real_ip_from 127.0.0.9;\nreal_ip_header X-Forwarded-For;\n',
      });
      atEnd.add(() => gateway.dispose());
      const peer = await UdpClient.open(frontPort);
      atEnd.add(() => peer.close());
      await peer.announce({ infohash, port: 6001, left: 1n });
      const head = 'Host: t\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n';
      const request = `GET ${announce(1)} HTTP/1.1\r\n${head}`;
      const { body } = parseReply(await exchange(gateway.port, request, '127.0.0.9'));
      expect(body).to.include('10:incompletei2e');
      const { peers } = await peer.announce({ infohash, port: 6002, left: 1n });
      expect(peers.toString('latin1')).to.include(peerBytes('203.0.113.9', 7001));
      expect(await ask(gateway.port, '/health')).to.deep.include({ status: 200, body: 'ok\n' });
      expect((await ask(gateway.port, '/')).body).to.include('BitTorrent tracker');
    });
  });
});

function peerBytes(address: string, port: number): string {
  return Buffer.from([...address.split('.').map(Number), port >> 8, port & 0xff]).toString('latin1');
}
