import { readdir, readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { describeWith, installed } from '../support/programs.js';
import { ask, failureOf, type Reply } from './support/ask.js';
import { startGateway, type Gateway, type GatewayOptions } from './support/gateway.js';
import { ScriptedPlatform, platformAnswer, trackerReply } from './support/scripted-platform.js';

/** As of a proxy on loopback that is believed. */
const trustLoopback =
  'set_real_ip_from 127.0.0.0/8;\nreal_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n';

describeWith([installed('nginx')], "The gateway's limits, cache, addresses and logs", () => {
  const atEnd = new Cleanup();
  let platform: ScriptedPlatform;

  beforeEach(async () => {
    platform = await ScriptedPlatform.start();
    atEnd.add(() => platform.stop());
  });

  afterEach(() => atEnd.run());

  async function start(options: GatewayOptions = {}): Promise<Gateway> {
    const gateway = await startGateway(platform.port, options);
    atEnd.add(() => gateway.dispose());
    return gateway;
  }

  function from(address: string): { headers: string[] } {
    return { headers: [`X-Forwarded-For: ${address}`] };
  }

  describe('the limit of requests per client', () => {
    const few = { settings: { LIMIT_RATE: '1', LIMIT_BURST: '3', RETRY_IN: '9' }, include: trustLoopback };
    const limited = { 'failure reason': 'too many requests from your address', 'retry in': 9 };

    async function bodies(gateway: Gateway, addresses: readonly string[]): Promise<string[]> {
      const replies: string[] = [];
      for (const address of addresses)
        replies.push((await ask(gateway.port, '/announce?a=b', from(address))).body);
      return replies;
    }

    it('answers what is beyond with a failure that a client can read', async () => {
      const gateway = await start(few);
      for (let i = 0; i < 4; i++) {
        expect((await ask(gateway.port, '/announce?a=b', from('192.0.2.1'))).body).to.equal(
          'd8:completei1ee',
        );
      }
      expect(failureOf(await ask(gateway.port, '/announce?a=b', from('192.0.2.1')))).to.deep.equal(limited);
      expect(platform.requests).to.have.length(4);
    });

    it('counts every address for itself, and an IPv6 network of 64 bits as one', async () => {
      const gateway = await start(few);
      const four = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5', '192.0.2.6'];
      expect(new Set(await bodies(gateway, four))).to.deep.equal(new Set(['d8:completei1ee']));
      const networks = ['1', '2', '3', '4', '5', '6'].map((n) => `2001:db8:0:${n}::1`);
      expect(new Set(await bodies(gateway, networks))).to.deep.equal(new Set(['d8:completei1ee']));
      const network = ['::1', '::2', ':a:b:c:d', ':ffff:ffff:ffff:ffff', '::5'].map(
        (n) => `2001:db8:0:9${n}`,
      );
      const replies = await bodies(gateway, network);
      expect(replies.slice(0, 4)).to.deep.equal(Array(4).fill('d8:completei1ee'));
      expect(replies[4]).to.contain('too many requests');
    });

    it('lets a client with thousands of torrents start, by default', async () => {
      const gateway = await start();
      const replies = await Promise.all(
        Array.from({ length: 300 }, (_, i) => ask(gateway.port, `/announce?info_hash=${i}`)),
      );
      expect(replies.map(({ body }) => body)).to.deep.equal(Array(300).fill('d8:completei1ee'));
    });
  });

  describe('the cache of scrapes', () => {
    function sameScrapes(gateway: Gateway): Promise<Reply[]> {
      return Promise.all(Array.from({ length: 20 }, () => ask(gateway.port, '/scrape?info_hash=a')));
    }

    /** Answers when all of them have come. */
    function whenAllAskAtOnce(answer: RequestListener): RequestListener {
      const waiting: (() => void)[] = [];
      return (request, reply) => {
        waiting.push(() => {
          answer(request, reply);
        });
        if (waiting.length === 20) for (const go of waiting) go();
      };
    }

    it('answers the same scrape from the cache, and asks again when it is too old', async () => {
      const gateway = await start({ settings: { SCRAPE_CACHE: '1' } });
      for (let i = 0; i < 5; i++) {
        const reply = await ask(gateway.port, '/scrape?info_hash=a');
        expect(reply.body).to.equal('d8:completei1ee');
        expect(reply.headers.get('content-type')).to.equal('text/plain');
        expect(reply.headers.get('content-length')).to.equal('15');
      }
      expect(platform.requests).to.have.length(1);
      platform.answerWith(trackerReply('d8:completei2ee'));
      await delay(2100);
      expect((await ask(gateway.port, '/scrape?info_hash=a')).body).to.equal('d8:completei2ee');
    });

    it('keeps no scrape with the key of a member, in memory or on the disk', async () => {
      const gateway = await start();
      for (let i = 0; i < 3; i++) await ask(gateway.port, '/key-to-hide/scrape?info_hash=a');
      expect(platform.requests).to.have.length(3);
      await ask(gateway.port, '/scrape?info_hash=in-the-cache');
      let kept = '';
      for (const name of await readdir(`${gateway.directory}/cache`, { recursive: true })) {
        kept += await readFile(`${gateway.directory}/cache/${name}`, 'latin1').catch(() => '');
      }
      expect(kept).to.contain('in-the-cache').and.not.contain('to-hide');
    });

    it('tells scrapes apart by the request line as it was sent', async () => {
      const gateway = await start();
      for (const target of [
        '/scrape?info_hash=%61',
        '/scrape?info_hash=a',
        '/scrape?info_hash=%FF',
        '/scrape?info_hash=%ff',
        '/scrape',
      ]) {
        platform.answerWith(trackerReply(target));
        expect((await ask(gateway.port, target)).body).to.equal(target);
      }
      expect((await ask(gateway.port, '/scrape?info_hash=%FF')).body).to.equal('/scrape?info_hash=%FF');
      expect(platform.requests).to.have.length(5);
    });

    it('asks once for many that ask at the same time', async () => {
      const gateway = await start();
      platform.answerWith((request, reply) => {
        setTimeout(() => {
          trackerReply('de')(request, reply);
        }, 50);
      });
      const replies = await sameScrapes(gateway);
      expect(replies.map(({ body }) => body)).to.deep.equal(Array(20).fill('de'));
      expect(platform.requests).to.have.length(1);
    });

    it('lets none wait long for what cannot be kept', async () => {
      const gateway = await start();
      const started = performance.now();
      platform.answerWith(platformAnswer(503, 'No invokers available'));
      for (const reply of await sameScrapes(gateway)) expect(failureOf(reply)['retry in']).to.equal(5);
      // The next one of them was let through every half second.
      expect(performance.now() - started).to.be.below(2000);
    });

    it('never keeps an announce', async () => {
      const gateway = await start();
      for (let i = 0; i < 3; i++) await ask(gateway.port, '/announce?info_hash=a');
      expect(platform.requests).to.have.length(3);
    });

    it("never keeps a failure, the platform's or the tracker's own", async () => {
      const gateway = await start();
      const failures = [
        platformAnswer(503, 'No invokers available'),
        platformAnswer(202, 'accepted'),
        platformAnswer(400, 'crash'),
        trackerReply('d14:failure reason4:busye', { 'Cache-Control': 'no-store' }),
      ];
      for (const failure of failures) {
        platform.answerWith(failure);
        expect((await ask(gateway.port, '/scrape?info_hash=a')).body).to.contain('failure reason');
      }
      platform.answerWith(trackerReply('d5:filesdee'));
      expect((await ask(gateway.port, '/scrape?info_hash=a')).body).to.equal('d5:filesdee');
      expect(platform.requests).to.have.length(5);
    });

    it('can be turned off', async () => {
      const gateway = await start({ settings: { SCRAPE_CACHE: '0' } });
      for (let i = 0; i < 3; i++) await ask(gateway.port, '/scrape?info_hash=a');
      expect(platform.requests).to.have.length(3);
    });

    it('lets none wait for another when it is turned off', async () => {
      const gateway = await start({ settings: { SCRAPE_CACHE: '0', READ_TIMEOUT: '3' } });
      platform.answerWith(whenAllAskAtOnce(trackerReply('de')));
      const replies = await sameScrapes(gateway);
      expect(replies.map(({ body }) => body)).to.deep.equal(Array(20).fill('de'));
      // Nor for as long as the cache lets them wait.
      const log = await linesOf(gateway.accessLog, 20);
      expect(new Set(log.map(({ cache }) => cache))).to.deep.equal(new Set(['BYPASS']));
    });
  });

  describe('behind a proxy that is named', () => {
    it('passes on the right-most address that is no proxy', async () => {
      const gateway = await start({ include: trustLoopback });
      await ask(gateway.port, '/announce?a=b', from('198.51.100.66, 203.0.113.9, 127.0.0.5'));
      expect(platform.last.headers.get('x-real-ip')).to.deep.equal(['203.0.113.9']);
      await ask(gateway.port, '/announce?a=b', from('2001:db8::7'));
      expect(platform.last.headers.get('x-real-ip')).to.deep.equal(['2001:db8::7']);
      expect(platform.last.headers.has('x-forwarded-for')).to.equal(false);
    });

    it('takes the example that comes with it', async () => {
      const example = await readFile(
        new URL('../../deploy/nginx/tracker.d/real-ip.conf.example', import.meta.url),
        'utf8',
      );
      const gateway = await start({ include: example });
      await ask(gateway.port, '/announce?a=b', from('203.0.113.9'));
      expect(platform.last.headers.get('x-real-ip')).to.deep.equal(['127.0.0.1']);
    });
  });

  it('logs a JSON line for each request, without the query, and nothing of it in the error log', async () => {
    const gateway = await start({ settings: { READ_TIMEOUT: '1', LIMIT_RATE: '1', LIMIT_BURST: '1' } });
    const target = '/key-to-hide/announce?info_hash=hash-to-hide&peer_id=peer-to-hide';
    await ask(gateway.port, target, {
      headers: ['Referer: http://peer-to-hide/', 'User-Agent: peer-to-hide'],
    });
    platform.answerWith((request) => {
      request.socket.destroy();
    });
    await ask(gateway.port, target);
    await ask(gateway.port, target);
    const entries = await linesOf(gateway.accessLog, 3);
    expect(
      entries.map(({ route, status, platform_status, limited }) => [route, status, platform_status, limited]),
    ).to.deep.equal([
      ['announce', 200, '200', 'PASSED'],
      // The kept connection was closed, so it tried once more.
      ['announce', 200, '502, 502', 'PASSED'],
      ['announce', 200, '', 'REJECTED'],
    ]);
    expect(entries[0]).to.include({
      client: '127.0.0.1',
      method: 'GET',
      activation: 'activation-1',
      bytes: 15,
    });
    const everything =
      (await readFile(gateway.accessLog, 'utf8')) +
      (await readFile(gateway.errorLog, 'utf8')) +
      gateway.program.stderr;
    expect(everything).to.not.contain('to-hide');
    expect(await readFile(gateway.errorLog, 'utf8')).to.contain('prematurely closed');
  });

  it('logs why the platform could not be reached', async () => {
    const gateway = await start();
    await platform.stop();
    await ask(gateway.port, '/announce?info_hash=a');
    expect(await readFile(gateway.errorLog, 'utf8')).to.contain('Connection refused');
  });
});

/** The lines of an access log, once there are so many. */
function linesOf(file: string, count: number): Promise<Record<string, unknown>[]> {
  return eventually(`${count} lines`, 5000, async () => {
    const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    return lines.length < count
      ? undefined
      : lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  });
}
