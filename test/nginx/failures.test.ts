import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { expect } from 'chai';
import { freePort } from '../support/free-port.js';
import { describeWith, installed } from '../support/programs.js';
import { ask, failureOf } from './support/ask.js';
import { startGateway, type Gateway } from './support/gateway.js';
import { ScriptedPlatform, platformAnswer, trackerReply } from './support/scripted-platform.js';

const announce = '/announce?info_hash=%00%ff';
const busy = { 'failure reason': 'the tracker is busy, try again later', 'retry in': 7 };
const broken = { 'failure reason': 'the tracker is out of order, try again later', 'retry in': 7 };

const headersOfReplies = ['server', 'date', 'content-type', 'content-length', 'cache-control', 'connection'];

describeWith([installed('nginx')], "The gateway and the platform's answers", () => {
  let platform: ScriptedPlatform;
  let gateway: Gateway;

  before(async () => {
    platform = await ScriptedPlatform.start();
    gateway = await startGateway(platform.port, {
      settings: { RETRY_IN: '7', READ_TIMEOUT: '1', CONNECT_TIMEOUT: '1' },
    });
  });

  after(async () => {
    await gateway.dispose();
    await platform.stop();
  });

  const answers: [what: string, answer: RequestListener, failure: object][] = [
    ['a 202, when it waited too long', platformAnswer(202, 'accepted'), busy],
    ['a 204 without a body, when an action rejects', (_request, reply) => reply.writeHead(204).end(), broken],
    ['a 200 with JSON', platformAnswer(200, 'what is this'), broken],
    [
      'a 200 with HTML',
      (_request, reply) => reply.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'),
      broken,
    ],
    [
      'a 200 without a content type',
      (_request, reply) => reply.writeHead(200, { 'Content-Length': 2 }).end('{}'),
      broken,
    ],
    [
      'a redirect',
      (_request, reply) => reply.writeHead(302, { Location: 'http://elsewhere.example/' }).end(),
      broken,
    ],
    ['a 304', (_request, reply) => reply.writeHead(304).end(), broken],
    [
      'a 400, when an action crashes',
      platformAnswer(400, 'The action did not produce a valid response'),
      broken,
    ],
    ['a 401, when the secret is wrong', platformAnswer(401, 'unauthorized'), broken],
    [
      'a 404, when nothing is deployed',
      platformAnswer(404, 'The requested resource does not exist.'),
      broken,
    ],
    ['a 413', platformAnswer(413, 'too large'), broken],
    ['a 414', platformAnswer(414, 'too long'), broken],
    ['a 418, which nobody expects', platformAnswer(418, 'teapot'), broken],
    ['a 429, when it throttles', platformAnswer(429, 'Too many requests in the last minute'), busy],
    ['a 431', platformAnswer(431, 'header too long'), broken],
    ['a 500', platformAnswer(500, 'There was an internal server error.'), broken],
    ['a 502', platformAnswer(502, 'bad gateway'), busy],
    ['a 503, when it has no invokers', platformAnswer(503, 'No invokers available'), busy],
    ['a 504', platformAnswer(504, 'timeout'), busy],
    [
      'an error with the content type of a reply',
      (_request, reply) => {
        reply.writeHead(500, { 'Content-Type': 'application/octet-stream' }).end('x');
      },
      broken,
    ],
    ['nothing at all', () => undefined, busy],
    ['the end of the connection', (request) => request.socket.destroy(), busy],
    [
      'a redirect inside of nginx',
      (_request, reply) => {
        reply.writeHead(200, { 'Content-Type': 'application/json', 'X-Accel-Redirect': '/health' }).end('{}');
      },
      broken,
    ],
  ];

  for (const [what, answer, failure] of answers) {
    for (const target of [announce, '/scrape?info_hash=%00']) {
      it(`makes a failure that a client can read of ${what}, to ${target.slice(0, target.indexOf('?'))}`, async () => {
        platform.answerWith(answer);
        const reply = await ask(gateway.port, target);
        expect(failureOf(reply)).to.deep.equal(failure);
        expect(reply.headers.get('cache-control')).to.equal('no-store');
        expect([...reply.headers.keys()]).to.have.members(headersOfReplies);
      });
    }
  }

  it('makes a failure of a refused connection', async () => {
    const gone = await ScriptedPlatform.start();
    const alone = await startGateway(gone.port, { settings: { RETRY_IN: '7' } });
    try {
      await gone.stop();
      expect(failureOf(await ask(alone.port, announce))).to.deep.equal(busy);
    } finally {
      await alone.dispose();
    }
  });

  it('goes on asking every address of the platform after a slow answer of each', async () => {
    const second = await ScriptedPlatform.start();
    const slow: RequestListener = (request, reply) => {
      if (request.headers['x-original-uri'] !== '/announce?slow') trackerReply('de')(request, reply);
    };
    platform.answerWith(slow);
    second.answerWith(slow);
    const alone = await startGateway(platform.port, {
      settings: { READ_TIMEOUT: '1', RETRY_IN: '7' },
      // As nginx takes a name that has two addresses.
      edit: (configuration) =>
        configuration.replace(
          /^ *server (127\.0\.0\.1:\d+)(.*;)$/m,
          (line, address: string, flags: string) => {
            expect(address).to.equal(`127.0.0.1:${platform.port}`);
            return `${line}\nserver 127.0.0.1:${second.port}${flags}`;
          },
        ),
    });
    try {
      const failures = await Promise.all([1, 2].map(() => ask(alone.port, '/announce?slow')));
      expect(failures.map(failureOf)).to.deep.equal([busy, busy]);
      for (let i = 0; i < 4; i++) expect((await ask(alone.port, '/announce?quick')).body).to.equal('de');
      expect(second.requests.length).to.be.above(1);
    } finally {
      await alone.dispose();
      await second.stop();
    }
  });

  it("passes a tracker's own reply on, byte for byte, as text/plain", async () => {
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256));
    platform.answerWith(trackerReply(bytes));
    const reply = await ask(gateway.port, announce);
    expect(reply.status).to.equal(200);
    expect(reply.body).to.equal(bytes.toString('latin1'));
    expect(reply.headers.get('content-type')).to.equal('text/plain');
    expect(reply.headers.get('content-length')).to.equal('1024');
    expect(reply.headers.get('cache-control')).to.equal('no-store');
  });

  it('hides what the platform adds to a reply', async () => {
    platform.answerWith(trackerReply('de'));
    const reply = await ask(gateway.port, announce);
    expect([...reply.headers.keys()]).to.have.members(headersOfReplies);
    expect(reply.headers.get('server')).to.equal('nginx');
  });

  describe('/health', () => {
    it('is ok when a scrape is answered through every part', async () => {
      platform.answerWith(trackerReply('d5:filesdee'));
      const reply = await ask(gateway.port, '/health');
      expect(reply.status).to.equal(200);
      expect(reply.body).to.equal('ok\n');
      expect(platform.last.target).to.equal('/api/v1/web/guest/tracker/scrape.http');
      expect(platform.last.headers.get('x-original-uri')).to.deep.equal([
        `/scrape?info_hash=${'%00'.repeat(20)}`,
      ]);
    });

    it('is unavailable when the tracker answers a failure', async () => {
      platform.answerWith(trackerReply('d14:failure reason4:busye', { 'Cache-Control': 'no-store' }));
      const reply = await ask(gateway.port, '/health');
      expect(reply.status).to.equal(503);
      expect(reply.body).to.equal('unavailable\n');
    });

    it('is unavailable when the platform answers', async () => {
      for (const answer of [
        platformAnswer(429, 'throttled'),
        platformAnswer(202, 'accepted'),
        platformAnswer(500, 'error'),
      ]) {
        platform.answerWith(answer);
        expect((await ask(gateway.port, '/health')).status).to.equal(503);
      }
    });

    it('is unavailable when the gateway does not reach its own hop, or limits who asks', async () => {
      platform.answerWith(trackerReply('d5:filesdee'));
      const nobody = await freePort();
      const cut = await startGateway(platform.port, {
        settings: { LIMIT_RATE: '1', LIMIT_BURST: '1' },
        edit: (configuration) =>
          configuration.replace(/(upstream tracker_hop {\s+server )\S+;/, `$1127.0.0.1:${nobody};`),
      });
      try {
        for (let i = 0; i < 3; i++) {
          const { status, body } = await ask(cut.port, '/health');
          expect([status, body]).to.deep.equal([503, 'unavailable\n']);
        }
        expect(await readFile(cut.accessLog, 'utf8')).to.contain('REJECTED');
      } finally {
        await cut.dispose();
      }
    });
  });
});
