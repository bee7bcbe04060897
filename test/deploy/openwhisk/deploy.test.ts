import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { startRiakDouble, type RiakDouble } from '../../riak-double/double.js';
import {
  startOpenWhiskDouble,
  type OpenWhiskDouble,
  type OpenWhiskDoubleOptions,
} from '../../openwhisk-double/double.js';
import { gatewayHeaders } from '../../../lib/deployment/web-action-client.mjs';
import { ask } from '../../openwhisk-double/client.js';
import { announceOf, Reply } from '../../tracker/tracker-harness.js';
import { makeCertificate } from '../../nginx/support/certificate.js';
import { trackerTypes } from '../../riak-double/tracker-types.js';
import { Cleanup } from '../../support/cleanup.js';
import { defined } from '../../support/defined.js';
import { describeWith } from '../../support/programs.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { environmentFor, run, secret, snapshot, type Environment } from './support/deployment.js';
import { wskdeployBuilt } from './support/wskdeploy.js';

const nothing = [[], [], [], []];

/**
 * With what wskdeploy shows in another way than it was given: a quote, a backslash, ends of lines.
 */
const secrets = {
  RIAK_USER: 'tracker',
  RIAK_PASSWORD: 'sword"fish\\<&>',
  RIAK_CERT: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  RIAK_KEY: '-----BEGIN PRIVATE KEY-----\nkey-line-1\nkey-line-2\n-----END PRIVATE KEY-----',
};

describe('npm run deploy', function () {
  // Several programs one after the other, and a build if a source has changed.
  this.timeout(60_000);

  describeWith([wskdeployBuilt], 'with the real wskdeploy', () => {
    const atEnd = new Cleanup();
    let riak: RiakDouble;
    let platform: OpenWhiskDouble;
    let environment: Environment;

    beforeEach(async () => {
      riak = await startRiakDouble({ types: trackerTypes });
      atEnd.add(() => riak.close());
      await startPlatform();
    });

    afterEach(() => atEnd.run());

    async function startPlatform(options: OpenWhiskDoubleOptions = {}): Promise<void> {
      platform = await startOpenWhiskDouble(options);
      const started = platform;
      atEnd.add(() => started.close());
      environment = environmentFor(platform, riak.addresses);
    }

    async function deploy(...args: string[]): Promise<string> {
      const { status, stdout, stderr } = await run('deploy', environment, args);
      expect(status, stdout + stderr).to.equal(0);
      return stdout;
    }

    it('deploys what the manifest says, announces, and says what it saw', async () => {
      const output = await deploy();
      expect(output).to.match(
        /^Deployed announce, scrape, stats and purge to guest\/tracker on http:\S+\.\nOpenWhisk starts no purges: deploy with --schedule, or start them by a timer \(docs\/openwhisk\.md, step 4\)\.\nwithout the secret: status 401, as it should be\nannounced in \d+ ms: the tracker answered\n$/,
      );
      for (const name of ['announce', 'scrape', 'stats']) {
        const action = defined(platform.entities.actions.get(`tracker/${name}`));
        expect(action.kind).to.equal('nodejs:20');
        expect(action.code).to.equal(readFileSync(`dist/actions/${name}.js`, 'utf8'));
        expect(action.annotations).to.deep.include({
          'web-export': true,
          'raw-http': true,
          final: true,
          'require-whisk-auth': secret,
          'provide-api-key': false,
        });
        expect(action.limits).to.deep.equal({ timeout: 10_000, memory: 256, logs: 1, concurrency: 1 });
      }
      const purge = defined(platform.entities.actions.get('tracker/purge'));
      expect(purge.annotations).to.deep.include({ 'provide-api-key': true });
      expect(purge.annotations).to.not.have.any.keys('web-export', 'raw-http');
      expect(purge.limits).to.deep.include({ timeout: 300_000, memory: 256, logs: 1 });
      const { parameters, publish } = defined(platform.entities.packages.get('tracker'));
      expect(publish).to.equal(false);
      expect(parameters).to.deep.include({ STORE: 'riak', RIAK_NODES: riak.addresses });
      expect(Object.values(parameters)).to.not.include(secret);
      expect([...platform.entities.triggers.keys(), ...platform.entities.rules.keys()]).to.deep.equal([]);
    });

    it('leaves nothing of its announce in Riak', async () => {
      await deploy();
      expect(riak.operations.count()).to.be.above(0);
      expect(riak.keys('swarms', 'tracker')).to.deep.equal([]);
    });

    it('changes nothing the second time', async () => {
      await deploy('--schedule');
      const before = snapshot(platform);
      const writes = platform.apiCalls.filter(({ method }) => method !== 'GET').length;
      const output = await deploy('--schedule');
      expect(output).to.contain(
        'The tracker is deployed as it is here: nothing to change.\nThe schedule is there: nothing to change.\n',
      );
      expect(output).to.contain('the tracker answered');
      expect(snapshot(platform)).to.deep.equal(before);
      expect(platform.apiCalls.filter(({ method }) => method !== 'GET')).to.have.length(writes);
    });

    it('deploys again when a setting has changed, and when it is told to', async () => {
      await deploy();
      environment = { ...environment, ANNOUNCE_INTERVAL: '900' };
      expect(await deploy()).to.contain('Deployed announce');
      expect(platform.entities.packages.get('tracker')?.parameters['ANNOUNCE_INTERVAL']).to.equal('900');
      environment = { ...environment, TRACKER_SECRET: 'another-secret_0123' };
      expect(await deploy()).to.contain('the tracker answered');
      expect(await deploy()).to.contain('nothing to change');
      expect(await deploy('--force')).to.contain('Deployed announce');
    });

    /** What a client behind the gateway gets; the infohash is one of this test's own. */
    async function announceReply(): Promise<Reply> {
      const query = announceOf(1, { numwant: 0 });
      const { body } = await ask(platform.webUrl('tracker/announce'), {
        headers: gatewayHeaders(secret, `/announce?${query}`),
      });
      return new Reply(body);
    }

    it('is in force after an undeploy, whatever containers are still warm', async () => {
      environment = { ...environment, INTERVAL_JITTER: '0' };
      await deploy();
      expect((await announceReply()).get('interval')).to.equal(1800);
      expect((await run('undeploy', environment)).status).to.equal(0);
      const other = await startRiakDouble({ types: trackerTypes });
      atEnd.add(() => other.close());
      environment = { ...environment, ANNOUNCE_INTERVAL: '900', RIAK_NODES: other.addresses };
      expect(await deploy()).to.contain('the tracker answered\n');
      expect((await announceReply()).get('interval')).to.equal(900);
      expect(other.keys('swarms', 'tracker')).to.have.length(1);
      expect(platform.containers('tracker/announce')).to.have.length(2);
    });

    it('makes another action of each deployment, of the purge as well', async () => {
      const names = ['announce', 'scrape', 'stats', 'purge'];
      const digests = (): unknown[] =>
        names.map((name) => platform.entities.actions.get(`tracker/${name}`)?.annotations['deployment']);
      await deploy();
      const first = digests();
      environment = { ...environment, ANNOUNCE_INTERVAL: '900' };
      await deploy();
      for (const all of [first, digests()]) {
        expect(new Set(all).size).to.equal(1);
        expect(all[0]).to.match(/^[0-9a-f]{64}$/);
      }
      expect(digests()).to.not.deep.equal(first);
      expect(platform.entities.packages.get('tracker')?.annotations['deployment']).to.equal(digests()[0]);
    });

    it('fails and says so if another deployment answers', async () => {
      await deploy();
      // As if a platform went on with what it had before.
      const before = defined(platform.entities.packages.get('tracker'));
      const parameters = { ...before.parameters, TRACKER_DEPLOYMENT: 'of-yesterday' };
      platform.entities.packages.set('tracker', { ...before, parameters });
      const { status, stdout } = await run('deploy', environment);
      expect(status).to.equal(1);
      expect(stdout).to.match(
        /^announced in \d+ ms: the tracker answered with the code or settings of another deployment; deploy again with --force$/m,
      );
      expect(await deploy('--force')).to.contain('the tracker answered\n');
    });

    it('finishes a deployment that was cut short', async () => {
      await deploy();
      platform.entities.actions.delete('tracker/scrape');
      expect(await deploy()).to.contain('Deployed announce');
      expect(platform.entities.actions.has('tracker/scrape')).to.equal(true);
    });

    it('passes secrets on as they are, whatever they look like', async () => {
      const password = 'p$HOME${PATH} $$ "\': {a} # %41 \\n';
      environment = { ...environment, RIAK_USER: 'tracker', RIAK_PASSWORD: password };
      await run('deploy', environment);
      expect(platform.entities.packages.get('tracker')?.parameters['RIAK_PASSWORD']).to.equal(password);
    });

    for (const secret of ['12345678901234567890', '1234567890123e45', '0x123456789abcdef0']) {
      it(`makes no number of the secret ${secret}`, async () => {
        environment = { ...environment, TRACKER_SECRET: secret };
        expect(await deploy()).to.match(/^announced in \d+ ms: the tracker answered$/m);
        const action = defined(platform.entities.actions.get('tracker/announce'));
        expect(action.annotations).to.include({ 'require-whisk-auth': secret });
      });
    }

    it('sets how many runs a container may do at once, and says if the platform does not take that', async () => {
      environment = { ...environment, ACTION_CONCURRENCY: '64' };
      const refused = await run('deploy', environment);
      expect(refused.status).to.equal(1);
      expect(refused.stderr).to.contain('ACTION_CONCURRENCY: the platform does not take 64');
      await startPlatform({ maxConcurrency: 100 });
      environment = { ...environment, ACTION_CONCURRENCY: '64' };
      await deploy();
      expect(platform.entities.actions.get('tracker/announce')?.limits.concurrency).to.equal(64);
      expect(platform.entities.actions.get('tracker/scrape')?.limits).to.deep.equal({
        timeout: 10_000,
        memory: 256,
        logs: 1,
        concurrency: 64,
      });
      expect(platform.entities.actions.get('tracker/purge')?.limits.concurrency).to.equal(1);
    });

    it('deploys the schedule if it is asked to', async () => {
      const output = await deploy('--schedule');
      expect(output).to.contain('Deployed the schedule of the purge.\n').and.not.contain('no purges');
      expect(await deploy()).to.not.contain('no purges');
      const rule = defined(platform.entities.rules.get('tracker-purge-rule'));
      expect(rule).to.include({ trigger: 'tracker-purge-interval', action: 'tracker/purge', active: true });
      expect([...platform.entities.triggers.keys()]).to.deep.equal(['tracker-purge-interval']);
      expect([...platform.entities.packages.keys()]).to.deep.equal(['tracker']);
    });

    it('says that the schedule failed where there is no alarms package, and leaves the tracker deployed', async () => {
      await startPlatform({ alarms: false });
      const { status, stderr } = await run('deploy', environment, ['--schedule']);
      expect(status).to.equal(1);
      expect(stderr).to.contain('wskdeploy failed');
      expect(stderr).to.match(
        /^The tracker is deployed, but nothing starts its purges\..* no\nalarms package: deploy without --schedule, and start the purges by a timer \(docs\/openwhisk.md, step 4\)\.\n$/m,
      );
      expect(platform.entities.actions.has('tracker/purge')).to.equal(true);
      expect(await deploy()).to.contain('OpenWhisk starts no purges: ');
    });

    it('fails and says what it saw when the tracker does not answer', async () => {
      await riak.close();
      environment = {
        ...environment,
        RIAK_CALL_TIMEOUT: '200',
        RIAK_CONNECT_TIMEOUT: '100',
        ANNOUNCE_TIMEOUT: '500',
      };
      const { status, stdout } = await run('deploy', environment);
      expect(status).to.equal(1);
      expect(stdout).to.match(
        /announced in \d+ ms: the tracker answered a failure: the tracker is busy, try again later \(StoreUnavailableError: .+ECONNREFUSED.+\)\n$/,
      );
    });

    it('names a wrong password, which Riak takes 5 s to refuse', async () => {
      const directory = await makeTempDir();
      atEnd.add(() => removeTempDir(directory));
      const files = makeCertificate(directory, 'riak');
      const [key, cert] = [readFileSync(files.key, 'utf8'), readFileSync(files.certificate, 'utf8')];
      const guarded = await startRiakDouble({
        types: trackerTypes,
        security: { key, cert, users: { tracker: 'another password' }, rejectionDelayMs: 5000 },
      });
      atEnd.add(() => guarded.close());
      const { status, stdout } = await run('deploy', {
        ...environment,
        RIAK_NODES: guarded.addresses,
        RIAK_USER: 'tracker',
        RIAK_PASSWORD: secrets.RIAK_PASSWORD,
        RIAK_CA: cert,
        RIAK_VERIFY: 'off',
      });
      expect(status).to.equal(1);
      expect(stdout).to.match(/busy, try again later \(.*Riak refuses the user tracker: .*\)\n$/);
      expect(stdout).to.not.contain(secrets.RIAK_PASSWORD);
    });

    describe('--preview', () => {
      it('shows what would happen, without secrets, and changes nothing', async () => {
        const directory = await makeTempDir();
        atEnd.add(() => removeTempDir(directory));
        const files = makeCertificate(directory, 'tracker');
        const key = readFileSync(files.key, 'utf8');
        const pair = { RIAK_CERT: readFileSync(files.certificate, 'utf8'), RIAK_KEY: key };
        environment = { ...environment, ...secrets, ...pair };
        const output = await deploy('--preview', '--schedule');
        for (const name of [
          'announce',
          'scrape',
          'stats',
          'purge',
          'tracker-purge-interval',
          'tracker-purge-rule',
        ]) {
          expect(output).to.contain(name);
        }
        expectNoSecret(output);
        for (const line of key.trim().split('\n').slice(1, -1)) expect(output).to.not.contain(line);
        expect(output).to.contain('- RIAK_PASSWORD : "***"').and.contain('- RIAK_USER : "tracker"');
        expect(snapshot(platform)).to.deep.equal(nothing);
        expect(platform.apiCalls.filter(({ method }) => method !== 'GET')).to.deep.equal([]);
      });
    });

    function expectNoSecret(output: string): void {
      for (const part of [secret, platform.auth, 'sword', 'fish', 'key-line']) {
        expect(output).to.not.contain(part);
      }
    }

    describe('what stops it before anything is sent', () => {
      afterEach(() => {
        expect(platform.apiCalls).to.deep.equal([]);
        expect(snapshot(platform)).to.deep.equal(nothing);
      });

      it('is a missing or empty variable, each named', async () => {
        const required = [
          'OPENWHISK_APIHOST',
          'OPENWHISK_AUTH',
          'OPENWHISK_NAMESPACE',
          'TRACKER_SECRET',
          'RIAK_NODES',
        ];
        for (const name of required) {
          for (const empty of ['', ' ']) {
            const { status, stdout, stderr } = await run('deploy', { ...environment, [name]: empty });
            expect(status).to.equal(1);
            expect(stdout).to.equal('');
            expect(stderr).to.match(new RegExp(`^${name}: is missing, takes [^\n]+\n$`));
          }
        }
        const { stderr } = await run('deploy', {});
        expect(stderr.match(/^\w+(?=: is missing)/gm)).to.deep.equal(required);
      });

      it('is a value that cannot be used, without showing a secret', async () => {
        const bad: [string, string, RegExp][] = [
          [
            'OPENWHISK_APIHOST',
            'openwhisk.example',
            /^OPENWHISK_APIHOST: got "openwhisk.example", takes the URL/,
          ],
          ['OPENWHISK_AUTH', 'no-key', /^OPENWHISK_AUTH: got a value that is not shown/],
          ['OPENWHISK_NAMESPACE', '_', /^OPENWHISK_NAMESPACE: got "_"/],
          [
            'OPENWHISK_NAMESPACE',
            'my space',
            /^OPENWHISK_NAMESPACE: got "my space", takes a namespace's own/,
          ],
          ['TRACKER_SECRET', 'short', /^TRACKER_SECRET: got a value that is not shown/],
          ['TRACKER_SECRET', 'no blanks in secrets', /^TRACKER_SECRET: got a value that is not shown/],
          ['ACTION_CONCURRENCY', '0', /^ACTION_CONCURRENCY: got "0"/],
          ['RIAK_NODES', 'nonsense', /^RIAK_NODES: got "nonsense", takes host:port/],
          ['ANNOUNCE_INTERVAL', 'often', /^ANNOUNCE_INTERVAL: got "often", takes a whole number/],
          [
            'ANNOUNCE_TIMEOUT',
            '10000',
            /^ANNOUNCE_TIMEOUT: got "10000", takes less than the timeout of the actions in manifest.yaml, which is 10000 /,
          ],
          ['ANNOUNCE_TIMEOUT', 'never', /^ANNOUNCE_TIMEOUT: got "never", takes a whole number/],
          ['RIAK_PASSWORD', 'pass', /^RIAK_USER: is not set, but RIAK_PASSWORD/],
        ];
        for (const [name, value, message] of bad) {
          const { status, stderr } = await run('deploy', { ...environment, [name]: value });
          expect(status).to.equal(1);
          expect(stderr).to.match(message);
          expect(stderr.trim().split('\n')).to.have.length(1);
        }
      });

      it('is that there is no wskdeploy', async () => {
        const { status, stderr } = await run('deploy', {
          ...environment,
          WSKDEPLOY: '/nonexistent/wskdeploy',
        });
        expect(status).to.equal(1);
        expect(stderr).to.match(/^there is no \/nonexistent\/wskdeploy: install wskdeploy/);
      });
    });

    describe('npm run undeploy', () => {
      it('leaves nothing', async () => {
        await deploy('--schedule');
        const { status, stdout, stderr } = await run('undeploy', environment);
        expect(status, stdout + stderr).to.equal(0);
        expect(snapshot(platform)).to.deep.equal(nothing);
        expect(platform.alarms?.all()).to.deep.equal([]);
        expect(stdout).to.equal(
          'Removed what deploy/openwhisk/schedule.yaml deployed.\nRemoved what manifest.yaml deployed.\n',
        );
      });

      it('finds the schedule in a namespace that has many others', async () => {
        await deploy('--schedule');
        const { triggers, rules } = platform.entities;
        const trigger = defined(triggers.get('tracker-purge-interval'));
        const rule = defined(rules.get('tracker-purge-rule'));
        for (let i = 0; i < 31; i++) {
          triggers.set(`other-${i}`, { ...trigger, name: `other-${i}` });
          rules.set(`other-${i}`, { ...rule, name: `other-${i}`, trigger: `other-${i}` });
        }
        expect(await deploy('--schedule')).to.contain('The schedule is there: nothing to change.\n');
        expect((await run('undeploy', environment)).stdout).to.contain(
          'Removed what deploy/openwhisk/schedule.yaml deployed.\n',
        );
        const left = [...triggers.keys(), ...rules.keys()];
        expect(left.filter((name) => name.startsWith('tracker'))).to.deep.equal([]);
        expect(left).to.have.length(62);
      });

      it('needs no more than the account, and says if there is nothing', async () => {
        await deploy();
        const { OPENWHISK_APIHOST, OPENWHISK_AUTH, OPENWHISK_NAMESPACE, WSKDEPLOY } = environment;
        const account = { OPENWHISK_APIHOST, OPENWHISK_AUTH, OPENWHISK_NAMESPACE, WSKDEPLOY } as Environment;
        expect((await run('undeploy', account)).stdout).to.equal('Removed what manifest.yaml deployed.\n');
        expect(snapshot(platform)).to.deep.equal(nothing);
        expect(await run('undeploy', account)).to.deep.equal({
          status: 0,
          stdout: 'Nothing is deployed.\n',
          stderr: '',
        });
      });

      it('removes nothing with --preview, and shows no secret', async () => {
        await deploy();
        const before = snapshot(platform);
        const { status, stdout } = await run('undeploy', { ...environment, ...secrets }, ['--preview']);
        expect(status).to.equal(0);
        expect(stdout).to.contain('announce').and.contain('- RIAK_PASSWORD : "***"');
        expectNoSecret(stdout);
        expect(snapshot(platform)).to.deep.equal(before);
      });
    });
  });
});
