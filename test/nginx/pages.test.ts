import type { RequestListener } from 'node:http';
import { expect } from 'chai';
import { TYPE_HEADER } from '../../lib/openwhisk/stats-action.js';
import { describeWith, installed } from '../support/programs.js';
import { ask, type Reply } from './support/ask.js';
import { startGateway, type Gateway } from './support/gateway.js';
import { platformAnswer, ScriptedPlatform, trackerReply } from './support/scripted-platform.js';

const PATHS = ['/', '/stats.json', '/robots.txt', '/favicon.svg', '/favicon.ico'];

/** What the action answers with. */
function pageReply(body: string, keptSeconds = 10): RequestListener {
  return trackerReply(body, {
    [TYPE_HEADER]: 'text/html; charset=utf-8',
    'Cache-Control': `max-age=${keptSeconds}`,
    'Content-Security-Policy': "default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
  });
}

describeWith([installed('nginx')], 'The page through the gateway', () => {
  let platform: ScriptedPlatform;
  let gateway: Gateway;

  before(async () => {
    platform = await ScriptedPlatform.start();
  });

  beforeEach(async () => {
    gateway = await startGateway(platform.port);
    platform.requests.length = 0;
    platform.answerWith(pageReply('<html>'));
  });

  afterEach(() => gateway.dispose());
  after(() => platform.stop());

  it('is asked of the stats action, with the path, the secret and where the client came from', async () => {
    for (const path of PATHS) {
      await ask(gateway.port, `${path}?x=1`);
      expect(platform.last.target).to.equal('/api/v1/web/guest/tracker/stats.http');
      const header = (name: string): readonly string[] | undefined => platform.last.headers.get(name);
      expect(header('x-original-uri')).to.deep.equal([`${path}?x=1`]);
      expect(header('x-forwarded-host')).to.deep.equal(['tracker.example']);
      expect(header('x-forwarded-proto')).to.deep.equal(['http']);
      expect(header('x-require-whisk-auth')).to.have.length(1);
    }
    expect(platform.requests).to.have.length(PATHS.length);
  });

  it('has the type and the policy that the action says, and nothing of the platform', async () => {
    const { status, headers, body } = await ask(gateway.port, '/');
    expect([status, body]).to.deep.equal([200, '<html>']);
    expect(Object.fromEntries(headers)).to.deep.include({
      'content-type': 'text/html; charset=utf-8',
      'content-length': '6',
      'content-security-policy': "default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'max-age=10',
    });
    expect(
      [...headers.keys()].filter((name) => /whisk|tracker|accel|allow|request-id/.test(name)),
    ).to.deep.equal([]);
    const json = await ask(gateway.port, '/stats.json');
    expect(json.headers.get('access-control-allow-origin')).to.equal('*');
  });

  it('is one run for a flood of requests, also with other queries and with HEAD', async () => {
    let answer: () => void = () => undefined;
    platform.answerWith((request, reply) => {
      answer = () => {
        pageReply('<html>')(request, reply);
      };
    });
    const replies: Promise<Reply>[] = [];
    for (let i = 0; i < 60; i++) {
      replies.push(
        ask(gateway.port, i % 2 === 0 ? '/' : `/?q=${i}`, { method: i % 5 === 0 ? 'HEAD' : 'GET' }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    answer();
    for (const { status } of await Promise.all(replies)) expect(status).to.equal(200);
    expect(platform.requests).to.have.length(1);
    await ask(gateway.port, '/');
    expect(platform.requests).to.have.length(1);
  });

  it('is a few runs a second at most for a flood with made-up hosts, and announces are not hindered', async () => {
    const hosts = Array.from({ length: 100 }, (_, i) => `h${i}.example`);
    const flood = hosts.map((host) => askFor(host));
    platform.answerWith(pageReply('de'));
    const announces = await Promise.all(
      Array.from({ length: 50 }, (_, i) => ask(gateway.port, `/announce?i=${i}`)),
    );
    for (const { status } of announces) expect(status).to.equal(200);
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    expect(new Set(statuses)).to.deep.equal(new Set([200, 503]));
    const pages = platform.requests.filter(({ target }) => target.endsWith('/stats.http'));
    expect(pages).to.have.length.within(1, 30);
  });

  it('is 503, and not kept, while the action fails or is not there', async () => {
    const failure = trackerReply('d14:failure reason4:busye', { 'Cache-Control': 'no-store' });
    const answers = [failure, platformAnswer(429, 'no'), platformAnswer(404, 'none'), trackerReply('old')];
    for (const answer of answers) {
      platform.answerWith(answer);
      const { status, body } = await ask(gateway.port, '/');
      expect([status, body]).to.deep.equal([503, 'unavailable\n']);
    }
    platform.answerWith((request) => request.socket.destroy());
    expect((await ask(gateway.port, '/stats.json')).status).to.equal(503);
    platform.answerWith(pageReply('<html>'));
    expect((await ask(gateway.port, '/')).body).to.equal('<html>');
  });

  it('is not told of a host that is none', async () => {
    const { body } = await askFor('"><b>\xff');
    expect(body).to.equal('<html>');
    expect(platform.last.headers.get('x-forwarded-host')).to.equal(undefined);
  });

  it('lets pages of other origins read scrapes, too', async () => {
    platform.answerWith(trackerReply('d5:filesdee'));
    const { headers } = await ask(gateway.port, '/scrape?info_hash=a');
    expect(headers.get('access-control-allow-origin')).to.equal('*');
    expect(headers.get('cache-control')).to.equal('no-store');
  });

  function askFor(host: string): Promise<Reply> {
    return ask(gateway.port, '/', { host });
  }
});
