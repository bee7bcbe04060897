import { expect } from 'chai';

import type { Finding } from '../../../lib/finding.js';
import { examineGateway } from '../../../lib/doctor/gateway/examine.js';
import { startGateway, type GatewayOptions } from '../../nginx/support/gateway.js';
import { BUILD_TIMEOUT_MS } from '../../openwhisk/support/bundles.js';
import { DeployedTracker, SECRET, type DeployedOptions } from '../../openwhisk/support/deployed-tracker.js';
import { Cleanup } from '../../support/cleanup.js';
import { freePort } from '../../support/free-port.js';
import { describeWith, installed } from '../../support/programs.js';
import { allOf, findingOn, lineOf } from '../support/diagnosis.js';
import {
  announceReply,
  failure,
  hashesIn,
  scrapeReply,
  startFakeGateway,
  type GatewayReply,
  type Routes,
} from '../support/fake-gateway.js';

describe('The doctor, of the gateway', function () {
  this.timeout(BUILD_TIMEOUT_MS);

  const atEnd = new Cleanup();

  afterEach(() => atEnd.run());

  describeWith([installed('nginx')], 'that comes with the tracker', () => {
    let url: string;
    let tracker: DeployedTracker;

    async function start(options: DeployedOptions = {}, gateway: GatewayOptions = {}): Promise<void> {
      tracker = await DeployedTracker.start(options);
      atEnd.add(() => tracker.dispose());
      const { settings, include = '' } = gateway;
      const started = await startGateway(tracker.platform.port, {
        settings: { TRACKER_SECRET: SECRET, ...settings },
        include,
      });
      atEnd.add(() => started.dispose());
      url = `http://127.0.0.1:${started.port}`;
    }

    const examine = async (): Promise<Finding[]> => allOf(examineGateway(url));

    it('finds nothing wrong if all is well, and tells all that it has looked at', async () => {
      await start();
      expect((await examine()).map(lineOf)).to.deep.equal([
        'ok http://127.0.0.1:PORT/health: is ok, after N ms',
        "ok OpenWhisk's API through the gateway: 4 are 404",
        'ok other paths of the gateway: 5 are 404',
        'ok http://127.0.0.1:PORT/: is a page, which shows http://127.0.0.1:PORT/announce',
        'ok bytes that are not ASCII: get the failure: bytes of the request line must be escaped',
        'ok a request that is too long: get the failure: the request is too long, ask for fewer infohashes at once',
        'ok http://127.0.0.1:PORT/announce: was answered in N ms, as text/plain with a Content-Length',
        'ok http://127.0.0.1:PORT/scrape: was answered in N ms, as text/plain with a Content-Length',
        'ok a forged address: is not believed; this machine is 127.0.0.1 to the tracker',
        'ok a forged request line and secret: are not passed on',
        'ok infohashes, through the gateway: 5 random ones came back byte for byte, each with its peer',
      ]);
    });

    it('sees that it has another secret than the actions', async () => {
      await start({}, { settings: { TRACKER_SECRET: 'another-secret-of-the-tests' } });
      const findings = await examine();
      const wrong = findings.filter(({ verdict }) => verdict === 'wrong');
      expect(wrong.map(({ detail }) => detail)).to.deep.equal([
        'status 503: unavailable',
        'the reply is a failure: the tracker is out of order, try again later',
        'the reply is a failure: the tracker is out of order, try again later',
      ]);
      for (const { remedy } of wrong) expect(remedy).to.include("platform_status in nginx's access log");
      expect(findings.at(-1)).to.equal(wrong.at(-1));
    });

    it('sees that it believes whoever claims to come from a proxy', async () => {
      const include = 'set_real_ip_from 127.0.0.0/8;\nreal_ip_header X-Forwarded-For;\n';
      await start({}, { include });
      const finding = findingOn('a forged address', await examine());
      expect(lineOf(finding)).to.equal('wrong a forged address: X-Forwarded-For is believed');
      expect(finding.remedy).to.include('set_real_ip_from');
    });

    it('sees that it gives this machine no more answers', async () => {
      await start({}, { settings: { LIMIT_RATE: '1', LIMIT_BURST: '1' } });
      const finding = (await examine()).find(({ detail }) => detail.includes('too many requests'));
      expect(finding?.verdict).to.equal('wrong');
      expect(finding?.remedy).to.include('LIMIT_RATE and LIMIT_BURST');
    });
  });

  describe('that is none of ours', () => {
    async function examine(changes: Partial<Routes> = {}): Promise<Finding[]> {
      const gateway = await startFakeGateway(changes);
      atEnd.add(() => gateway.stop());
      return allOf(examineGateway(gateway.url));
    }

    async function onlyComplaint(changes: Partial<Routes>): Promise<string> {
      const all = (await examine(changes)).filter(({ verdict }) => verdict !== 'ok');
      expect(all.map(lineOf)).to.have.length(1);
      expect(all[0]?.remedy).to.be.a('string');
      return all.map(lineOf).join();
    }

    const octets = { 'Content-Type': 'application/octet-stream' };

    it('can be well', async () => {
      expect((await examine()).filter(({ verdict }) => verdict !== 'ok')).to.deep.equal([]);
    });

    it('does not listen, and nothing else is looked at', async () => {
      const nowhere = `http://127.0.0.1:${await freePort()}`;
      const [finding, ...others] = await allOf(examineGateway(nowhere));
      expect(others).to.deep.equal([]);
      expect(finding?.detail).to.include('ECONNREFUSED');
      expect(finding?.remedy).to.include(`GATEWAY_URL=${nowhere}`);
    });

    it('has no /health', async () => {
      expect(await onlyComplaint({ health: () => ({ status: 404, body: 'not found' }) })).to.match(
        /^wrong \S+\/health: status 404: not found$/,
      );
    });

    it('has no page, which hinders no client', async () => {
      const page = (): GatewayReply => ({
        status: 404,
        headers: { 'Content-Type': 'text/plain' },
        body: 'no',
      });
      expect(await onlyComplaint({ page })).to.match(/^warning \S+\/: is no page: status 404, text\/plain$/);
      const other = (): GatewayReply => ({
        headers: { 'Content-Type': 'text/html' },
        body: 'Welcome to nginx!',
      });
      expect(await onlyComplaint({ page: other })).to.match(/^warning \S+\/: shows no announce URL$/);
    });

    it('answers with another content type', async () => {
      expect(
        await onlyComplaint({ announce: () => ({ ...announceReply('127.0.0.1'), headers: octets }) }),
      ).to.match(/^wrong \S+\/announce: the content type is application\/octet-stream$/);
    });

    it('answers in chunks', async () => {
      const scrape: Routes['scrape'] = () => ({
        ...scrapeReply([]),
        headers: { 'Content-Type': 'text/plain', 'Transfer-Encoding': 'chunked' },
      });
      expect(await onlyComplaint({ scrape })).to.match(/^wrong \S+\/scrape: there is no Content-Length/);
    });

    it("shows OpenWhisk's API", async () => {
      const other: Routes['other'] = ({ url = '' }) =>
        url.startsWith('/api/') ? { status: 401, body: '{}' } : { status: 404, body: '' };
      expect(await onlyComplaint({ other })).to.equal(
        "wrong OpenWhisk's API through the gateway: /api/v1 is answered with status 401, not 404",
      );
    });

    it('takes other paths for those of the tracker', async () => {
      const other: Routes['other'] = ({ url = '' }) =>
        url === '/%61nnounce' ? announceReply('127.0.0.1') : { status: 404, body: '' };
      expect(await onlyComplaint({ other })).to.equal(
        'wrong other paths of the gateway: /%61nnounce is answered with status 200, not 404',
      );
    });

    it('refuses what is not ASCII with a page that no client shows', async () => {
      const refuse: Routes['refuse'] = (target) => {
        if (target.length > 8192) return failure('too long');
        return /[^\x21-\x7e]/.test(target) ? { status: 400, body: '<html>' } : undefined;
      };
      expect(await onlyComplaint({ refuse })).to.equal(
        'warning bytes that are not ASCII: get status 400 and no failure that a client could show',
      );
    });

    it('refuses what is too long with a page that no client shows', async () => {
      const refuse: Routes['refuse'] = (target) => {
        if (target.length > 8192) return { status: 414, body: '<html>' };
        return /[^\x21-\x7e]/.test(target) ? failure('escape') : undefined;
      };
      expect(await onlyComplaint({ refuse })).to.equal(
        'warning a request that is too long: get status 414 and no failure that a client could show',
      );
    });

    for (const [header, value] of [
      ['X-Real-IP', '198.51.100.1'],
      ['X-Forwarded-For', '198.51.100.2'],
      ['Forwarded', 'for=198.51.100.3'],
    ] as const) {
      it(`believes ${header}`, async () => {
        const announce: Routes['announce'] = ({ headers }) => {
          const claimed = headers[header.toLowerCase()];
          if (claimed !== undefined) expect(claimed).to.equal(value);
          return announceReply(claimed === undefined ? '127.0.0.1' : value.replace('for=', ''));
        };
        expect(await onlyComplaint({ announce })).to.equal(`wrong a forged address: ${header} is believed`);
      });
    }

    for (const header of ['x-original-uri', 'x-require-whisk-auth']) {
      it(`passes on ${header} of a client`, async () => {
        const announce: Routes['announce'] = ({ headers }) =>
          headers[header] === undefined ? announceReply('127.0.0.1') : failure('missing info_hash');
        expect(await onlyComplaint({ announce })).to.equal(
          'wrong a forged request line and secret: with them the reply is a failure: missing info_hash',
        );
      });
    }

    it('takes a binary query for text', async () => {
      const scrape: Routes['scrape'] = (_, query) => {
        const lossy = new URLSearchParams(query).getAll('info_hash');
        return scrapeReply(lossy.map((hash) => Buffer.from(hash).toString('latin1')));
      };
      expect(await onlyComplaint({ scrape })).to.equal(
        'wrong infohashes, through the gateway: 0 of 5 came back in a scrape, with 5 that nobody asked for',
      );
    });

    it('counts peers in the wrong swarms', async () => {
      const scrape: Routes['scrape'] = (_, query) => {
        const { headers, body } = scrapeReply(hashesIn(query));
        return { headers: headers ?? {}, body: body.replaceAll('incompletei1e', 'incompletei0e') };
      };
      expect(await onlyComplaint({ scrape })).to.equal(
        'wrong infohashes, through the gateway: the peers of 0 of 5 are counted',
      );
    });

    it('answers what is no bencoding', async () => {
      const scrape: Routes['scrape'] = () => ({ headers: { 'Content-Type': 'text/plain' }, body: 'hello' });
      expect(await onlyComplaint({ scrape })).to.match(/^wrong \S+\/scrape: the reply is no bencoding$/);
    });
  });
});
