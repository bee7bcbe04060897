import { expect } from 'chai';

import type { Finding } from '../../../lib/finding.js';
import { examineOpenWhisk } from '../../../lib/doctor/openwhisk/examine.js';
import type { PlatformDeployment } from '../../../lib/doctor/deployment.js';
import { deploy, ECHO, mainOf, RAW, WEB } from '../../openwhisk-double/client.js';
import { BUILD_TIMEOUT_MS } from '../../openwhisk/support/bundles.js';
import { DeployedTracker, SECRET, type DeployedOptions } from '../../openwhisk/support/deployed-tracker.js';
import { COUNT_TYPE, BUCKET, SWARM_TYPE } from '../../riak-double/tracker-types.js';
import { Cleanup } from '../../support/cleanup.js';
import { freePort } from '../../support/free-port.js';
import { allOf, findingOn, lineOf, deploymentAt } from '../support/diagnosis.js';

const atOnce = 'runs at once in a container';

describe('The doctor, of the actions on OpenWhisk', function () {
  this.timeout(BUILD_TIMEOUT_MS);

  const atEnd = new Cleanup();
  let tracker: DeployedTracker;

  afterEach(() => atEnd.run());

  async function start(options: DeployedOptions = {}): Promise<void> {
    tracker = await DeployedTracker.start(options);
    atEnd.add(() => tracker.dispose());
  }

  function examine(changes: Partial<PlatformDeployment> = {}): Promise<Finding[]> {
    return allOf(examineOpenWhisk(deploymentAt(tracker.platform, changes)));
  }

  it('finds nothing wrong with a good deployment, tells all that it has looked at, and leaves no peer', async () => {
    await start({ concurrency: 64, platform: { storeFailuresOnly: true } });
    const lines = (await examine({ concurrency: 64 })).map(lineOf);
    const concurrency = lines.find((line) => line.startsWith(`ok ${atOnce}`)) ?? '';
    expect(concurrency).to.match(
      /^ok runs at once in a container: [2-8] in one process; 8 announces at once took N ms in 1 processes, one alone N ms$/,
    );
    expect(lines).to.deep.equal([
      'ok action guest/tracker/announce: is raw, behind the secret; runs at once in a container: 64',
      'ok action guest/tracker/scrape: is raw, behind the secret; runs at once in a container: 64',
      'ok action guest/tracker/stats: is raw, behind the secret; runs at once in a container: 64',
      'ok action guest/tracker/purge: is no web action, and has the key to go on',
      'ok an announce without the secret: is refused',
      'ok an announce with a wrong secret: is refused',
      'ok an announce with the secret: was answered in N ms',
      'ok infohashes, straight to the actions: 5 random ones came back byte for byte, each with its peer',
      concurrency,
      'ok records of announces: none of an announce that went well, 2 s later',
    ]);
    for (const key of tracker.riak.keys(SWARM_TYPE, BUCKET)) {
      const scraped = await tracker.request('scrape', `info_hash=${key.replace(/../g, '%$&')}`);
      expect(scraped.body.toString('latin1')).to.include('8:completei0e').and.include('10:incompletei0e');
    }
    expect(tracker.riak.keys(COUNT_TYPE, BUCKET)).to.deep.equal([]);
  });

  describe('needs few invocations, so that it does not itself use up a minute of 60,', () => {
    it('where announces meet in a container', async () => {
      await start({ platform: { invocationsPerMinute: 30 }, concurrency: 64 });
      expect((await examine()).filter(({ verdict }) => verdict === 'wrong')).to.deep.equal([]);
    });

    it('where there is one container, with one run at a time', async () => {
      await start({ platform: { invocationsPerMinute: 30, maxContainers: 1 } });
      expect((await examine()).filter(({ verdict }) => verdict === 'wrong')).to.deep.equal([]);
    });
  });

  describe('the API', () => {
    it('is not looked at without the key of the namespace, which it says', async () => {
      await start();
      const findings = await examine({ auth: undefined });
      expect(lineOf(findingOn('the API', findings))).to.equal(
        'note the API: not looked at: OPENWHISK_AUTH is not given',
      );
      expect(tracker.platform.apiCalls.filter(({ method }) => method === 'GET')).to.deep.equal([]);
    });

    it('that refuses the key is complained of once', async () => {
      await start();
      const wrong = (await examine({ auth: 'no:key' })).filter(({ verdict }) => verdict === 'wrong');
      expect(wrong.map(({ subject }) => subject)).to.deep.equal(['action guest/tracker/announce']);
      expect(wrong[0]?.remedy).to.include('OPENWHISK_AUTH is not the key of guest');
    });

    it('shows that an action is missing', async () => {
      await start();
      tracker.platform.entities.actions.delete('tracker/purge');
      const finding = findingOn('action guest/tracker/purge', await examine());
      expect([finding.verdict, finding.remedy]).to.deep.equal([
        'wrong',
        'it is not deployed: npm run deploy -- --force',
      ]);
    });

    it('shows that a web action is not raw', async () => {
      await start({ annotations: WEB });
      const finding = findingOn('action guest/tracker/scrape', await examine());
      expect(lineOf(finding)).to.equal(
        'wrong action guest/tracker/scrape: lacks raw-http, so that clients could change the settings',
      );
    });

    for (const [annotations, detail] of [
      [{ 'provide-api-key': true, 'web-export': true }, 'can be run by anybody'],
      [{ 'provide-api-key': false }, 'has no key, so that it cannot go on after its first slice'],
    ] as const) {
      it(`shows that the purge ${detail}`, async () => {
        await start();
        await deploy(tracker.platform, 'tracker/purge', ECHO, { annotations });
        const finding = findingOn('action guest/tracker/purge', await examine());
        expect(lineOf(finding)).to.equal(`wrong action guest/tracker/purge: ${detail}`);
        expect(finding.remedy).to.include('npm run deploy -- --force');
      });
    }

    it('shows that the actions have another concurrency than they were to have', async () => {
      await start({ concurrency: 8 });
      const finding = findingOn('action guest/tracker/announce', await examine({ concurrency: 64 }));
      expect(lineOf(finding)).to.equal(
        'warning action guest/tracker/announce: may have 8 runs at once in a container, and ACTION_CONCURRENCY is 64',
      );
    });

    it('shows that every announce leaves a record', async () => {
      await start();
      const finding = findingOn('records of announces', await examine());
      expect([finding.verdict, finding.detail]).to.deep.equal(['warning', 'every announce writes one']);
      expect(finding.remedy).to.include('storeBlockingResultLevel=STORE_FAILURES');
    });
  });

  describe('the secret', () => {
    it('is missing from an action that answers whoever asks', async () => {
      await start({ secret: undefined });
      const findings = await examine();
      for (const how of ['without the secret', 'with a wrong secret']) {
        expect(lineOf(findingOn(`an announce ${how}`, findings))).to.equal(
          `wrong an announce ${how}: is answered`,
        );
      }
      expect(findingOn('action guest/tracker/announce', findings).verdict).to.equal('wrong');
    });

    it('is another one than the actions have, and nothing else is looked at', async () => {
      await start({ secret: 'another-secret-of-the-tests' });
      const findings = await examine();
      const finding = findingOn('an announce with the secret', findings);
      expect(finding.detail).to.match(/^the platform answered 401/);
      expect(finding.remedy).to.include('another TRACKER_SECRET');
      expect(findings.at(-1)).to.equal(finding);
    });
  });

  describe('an answer', () => {
    it('is a failure while Riak is away', async () => {
      await start({ settings: { RIAK_CALL_TIMEOUT: 200, RIAK_CONNECT_TIMEOUT: 100, ANNOUNCE_TIMEOUT: 500 } });
      await tracker.riak.close();
      const finding = findingOn('an announce with the secret', await examine());
      expect(finding.verdict).to.equal('wrong');
      expect(finding.detail).to.equal('the tracker answered a failure: the tracker is busy, try again later');
    });

    it('does not come from where nothing listens', async () => {
      await start();
      const nowhere = `http://127.0.0.1:${await freePort()}`;
      const findings = await examine({ apiHost: nowhere, auth: undefined });
      const finding = findingOn('an announce with the secret', findings);
      expect(finding.detail).to.include('ECONNREFUSED');
      expect(finding.remedy).to.include(`OPENWHISK_APIHOST=${nowhere}`);
    });

    it('is a 429 of a namespace whose minute is used up', async () => {
      await start({ platform: { invocationsPerMinute: 0 } });
      const finding = findingOn('an announce with the secret', await examine({ auth: undefined }));
      expect(finding.detail).to.include('429').and.include('allowed: 0');
      expect(finding.remedy).to.include('LIMITS_ACTIONS_INVOKES_PERMINUTE=600000');
    });
  });

  describe('runs at once in a container', () => {
    it('are one where the platform does not allow more', async () => {
      await start({ platform: { maxConcurrency: 1 } });
      const finding = findingOn(atOnce, await examine());
      expect(finding.verdict).to.equal('warning');
      expect(finding.detail).to.match(
        /^one, so that every announce under way takes a container; 8 announces at once took \d+ ms in [2-8] processes/,
      );
      expect(finding.remedy)
        .to.include('CONFIG_whisk_concurrencyLimit_max')
        .and.include('ACTION_CONCURRENCY=64');
    });

    it('are one at a time although more are allowed, if no two announces ever meet in a process', async () => {
      await start({ concurrency: 64 });
      const reply = `{ statusCode: 200, headers: { 'Content-Type': 'application/octet-stream', 'X-Tracker-Process': 'a1 1' }, body: Buffer.from('d8:completei0ee').toString('base64') }`;
      await deploy(tracker.platform, 'tracker/announce', mainOf(`return ${reply};`), {
        annotations: { ...RAW, 'require-whisk-auth': SECRET },
      });
      const finding = findingOn(atOnce, await examine({ auth: undefined, concurrency: 64 }));
      expect(finding.verdict).to.equal('warning');
      expect(finding.detail).to.match(
        /^one, although 64 are allowed; 8 announces at once took \d+ ms in 1 processes/,
      );
      expect(finding.remedy).to.include('CONFIG_whisk_concurrencyLimit_max').and.not.include('pekkoClient');
    });

    it('are not judged if the deployed actions do not tell', async () => {
      await start();
      const reply = `{ statusCode: 200, headers: { 'Content-Type': 'application/octet-stream' }, body: Buffer.from('d8:completei0ee').toString('base64') }`;
      await deploy(tracker.platform, 'tracker/announce', mainOf(`return ${reply};`), {
        annotations: { ...RAW, 'require-whisk-auth': SECRET },
      });
      expect(lineOf(findingOn(atOnce, await examine()))).to.match(
        /^note .*: not looked at: the deployed actions are of another version/,
      );
    });

    it('are an error where the containers were not told to allow them', async () => {
      await start({ concurrency: 64, platform: { allowConcurrent: false } });
      const finding = findingOn(atOnce, await examine());
      expect(finding.verdict).to.equal('wrong');
      expect(finding.detail).to.match(/^announces sent at once: the platform answered 400/);
      expect(finding.remedy)
        .to.include('__OW_ALLOW_CONCURRENT=true')
        .and.include('until then ACTION_CONCURRENCY=1');
    });
  });
});
