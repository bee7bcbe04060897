import { expect } from 'chai';

import { single } from '../../lib/stats/metric-family.js';
import { MetricsEndpoint } from '../../lib/stats/metrics-endpoint.js';
import { publicUrlOf } from '../../lib/stats/public-url.js';
import { StatsSite } from '../../lib/stats/site.js';
import { defined } from '../support/defined.js';
import { exampleFigures, exampleStats } from './example-stats.js';

function headers(values: Record<string, string>): (name: string) => string | undefined {
  return (name) => values[name];
}

describe('the site of a tracker', () => {
  it('has a page, the same as JSON for pages of any origin, an icon and robots.txt, and nothing else', async () => {
    const site = new StatsSite({
      figures: () => Promise.resolve(exampleFigures),
      announceUrls: (url) => [`${url}/announce`],
    });
    const get = async (path: string): Promise<[string | undefined, string]> => {
      const reply = await defined(site.reply(path, 'http://t.example'));
      expect(reply.status).to.equal(200);
      return [reply.headers['Content-Type'], reply.body.toString()];
    };
    const [type, html] = await get('/');
    expect(type).to.equal('text/html; charset=utf-8');
    expect(html).to.include('value="http://t.example/announce"');
    const [, json] = await get('/stats.json');
    expect(JSON.parse(json)).to.deep.equal({ ...exampleStats, announceUrls: ['http://t.example/announce'] });
    const jsonReply = await defined(site.reply('/stats.json', ''));
    expect(jsonReply.headers['Access-Control-Allow-Origin']).to.equal('*');
    expect((await get('/favicon.ico'))[0]).to.equal('image/svg+xml');
    expect((await get('/robots.txt'))[1]).to.match(/^User-agent: \*\n/);
    for (const path of ['/metrics', '/page', '/stats.json/', ''])
      expect(site.reply(path, '')).to.equal(undefined);
  });

  it('puts figures together once a second at most, whatever paths and hosts are asked for', async () => {
    let now = 0;
    let asked = 0;
    const site = new StatsSite({
      figures: () => {
        asked++;
        return Promise.resolve(exampleFigures);
      },
      announceUrls: (url) => [`${url}/announce`],
      now: () => now,
    });
    for (; now < 3000; now += 100) {
      for (const path of ['/', '/stats.json']) await site.reply(path, 'http://a');
    }
    expect(asked).to.equal(3);
    for (let host = 0; host < 1000; host++) {
      const { body } = await defined(site.reply('/', `http://host-${host}`));
      expect(body.includes(`value="http://host-${host}/announce"`)).to.equal(true);
    }
    expect(asked).to.equal(4);
  });

  it('gives the same bytes for the same URL within a second', async () => {
    const site = new StatsSite({
      figures: () => Promise.resolve(exampleFigures),
      announceUrls: () => [],
      now: () => 0,
    });
    const [one, other] = [await site.reply('/', 'http://a'), await site.reply('/', 'http://a')];
    expect(defined(one).body).to.equal(defined(other).body);
  });

  it('says for how long others may keep it, if that is said', async () => {
    const kept = async (keptSeconds: number): Promise<string | undefined> => {
      const figures = (): Promise<typeof exampleFigures> => Promise.resolve(exampleFigures);
      const site = new StatsSite({ figures, announceUrls: () => [], keptSeconds });
      return (await defined(site.reply('/', ''))).headers['Cache-Control'];
    };
    expect([await kept(0), await kept(10)]).to.deep.equal(['no-cache', 'max-age=10']);
  });

  it('is under the URL that the operator, a trusted proxy, or the request says, in this order', () => {
    const all = {
      host: 'own.example:6969',
      'x-forwarded-proto': 'http, https',
      'x-forwarded-host': 'forged.example, proxy.example',
    };
    const of = (publicUrl: string, isFromTrustedProxy: boolean, values: Record<string, string>): string =>
      publicUrlOf(publicUrl, { header: headers(values), isFromTrustedProxy });
    expect(of('https://set.example', true, all)).to.equal('https://set.example');
    expect(of('', true, all)).to.equal('https://proxy.example');
    expect(of('', false, all)).to.equal('http://own.example:6969');
    expect(of('', true, { host: 'own.example' })).to.equal('http://own.example');
    expect(of('', true, { host: '[2001:db8::1]:80' })).to.equal('http://[2001:db8::1]:80');
    expect(of('', false, { host: '"><script>' })).to.equal('');
    expect(of('', false, {})).to.equal('');
  });
});

describe('/metrics', () => {
  const collect = (): Promise<ReturnType<typeof single>[]> =>
    Promise.resolve([single('gauge', 'one', 'One.', 1)]);

  it('answers only who has the token, if there is one', async () => {
    const endpoint = new MetricsEndpoint('0123456789abcdef', collect);
    for (const authorization of ['', 'Bearer', 'Bearer 0123456789abcdeX', 'Basic 0123456789abcdef']) {
      const refused = await endpoint.reply({ header: headers({ authorization }) });
      expect(refused.status, authorization).to.equal(401);
      expect(refused.body.toString()).to.not.include('one 1');
    }
    expect((await endpoint.reply({ header: headers({}) })).status).to.equal(401);
    const reply = await endpoint.reply({ header: headers({ authorization: 'Bearer 0123456789abcdef' }) });
    expect([reply.status, reply.body.toString().includes('\none 1\n')]).to.deep.equal([200, true]);
    expect((await new MetricsEndpoint('', collect).reply({ header: headers({}) })).status).to.equal(200);
  });

  it('puts figures together once a second at most for each format', async () => {
    let now = 0;
    let asked = 0;
    const endpoint = new MetricsEndpoint(
      '',
      () => {
        asked++;
        return collect();
      },
      () => now,
    );
    for (; now < 3000; now += 100) await endpoint.reply({ header: headers({}) });
    expect(asked).to.equal(3);
    await endpoint.reply({ header: headers({ accept: 'application/openmetrics-text' }) });
    expect(asked).to.equal(4);
  });

  it('lets others be served between two of its families', async () => {
    const families = Array.from({ length: 20 }, (_, at) => single('gauge', `one_${at}`, 'One.', 1));
    const endpoint = new MetricsEndpoint('', () => Promise.resolve(families));
    let turns = 0;
    let isReady = false;
    const count = (): void => {
      turns++;
      if (!isReady) setImmediate(count);
    };
    setImmediate(count);
    await endpoint.reply({ header: headers({}) });
    isReady = true;
    expect(turns).to.be.at.least(families.length);
  });

  it('is OpenMetrics for who asks for it', async () => {
    const accept = 'application/openmetrics-text; version=1.0.0';
    const reply = await new MetricsEndpoint('', collect).reply({ header: headers({ accept }) });
    expect(reply.headers['Content-Type']).to.match(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(reply.body.toString()).to.match(/# EOF\n$/);
  });
});
