import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { addressSettings } from '../../../lib/config/floods.js';
import { policySettings } from '../../../lib/config/policy.js';
import { purgeSettings } from '../../../lib/config/purge.js';
import type { Setting } from '../../../lib/settings/setting.js';
import { storeDrivers, storeNames } from '../../../lib/store/registry.js';
import { statsSettings } from '../../../lib/config/stats.js';
import { udpSettings } from '../../../lib/config/udp.js';
import { swarmSettings } from '../../../lib/config/swarm.js';
import { trackerSettings } from '../../../lib/config/tracker.js';
import { readEnvFile } from '../../../lib/settings/settings-file.mjs';
import { secretNames } from '../../../deploy/openwhisk/lib/secrets.mjs';
import { ScriptedPlatform } from '../../nginx/support/scripted-platform.js';
import { describeWith, installed } from '../../support/programs.js';
import { startProgram } from '../../support/running-program.js';

/** Settings of the stores that an action can use. */
const actionStores = storeNames
  .map((name) => storeDrivers[name])
  .filter(({ runsInActions }) => runsInActions)
  .map(({ settings }) => settings);

const manifest = readFileSync('manifest.yaml', 'utf8');

describe('The manifest', () => {
  it('takes its version from package.json, as does that of the schedule', () => {
    for (const text of [manifest, readFileSync('deploy/openwhisk/schedule.yaml', 'utf8')]) {
      const versions = Array.from(text.matchAll(/^ *version: (.*)$/gm), ([, version]) => version);
      expect(versions).to.deep.equal(['$TRACKER_VERSION']);
    }
  });

  it('has a parameter for every setting that an action uses, named as in the environment, and for its own name', () => {
    const groups = [trackerSettings, swarmSettings, policySettings, addressSettings, ...actionStores];
    const settings = groups.flatMap((group) => Object.values<Setting<unknown>>(group));
    const wanted = new Set([
      'STORE',
      'LOG_LEVEL',
      ...settings.map(({ name }) => name),
      purgeSettings.purgeParallelism.name,
      statsSettings.publicUrl.name,
      statsSettings.statsSwarms.name,
      udpSettings.udpPort.name,
    ]);
    const inputs = Array.from(
      manifest.matchAll(/^ {6}([A-Z0-9_]+): \$([A-Z0-9_]+)$/gm),
      ([, name, variable]) => {
        expect(variable).to.equal(name);
        return name;
      },
    );
    expect(inputs).to.have.members(['TRACKER_DEPLOYMENT', ...wanted]);
  });

  it('takes nothing else from the environment but the secret and the name of the deployment', () => {
    const others = Array.from(
      manifest.matchAll(/^ {10,}([\w-]+): \$(\w+)$/gm),
      ([, key, name]) => `${key} ${name}`,
    );
    const deployment = 'deployment TRACKER_DEPLOYMENT';
    const web = ['require-whisk-auth TRACKER_SECRET', deployment];
    expect(others).to.deep.equal([...web, ...web, ...web, deployment]);
  });

  it('has no secret setting that a preview would show', () => {
    const settings = [trackerSettings, swarmSettings, ...actionStores, purgeSettings].flatMap((group) =>
      Object.values<Setting<unknown>>(group),
    );
    const secret = new Set(settings.filter((setting) => setting.secret).map(({ name }) => name));
    expect(secretNames).to.have.members(['TRACKER_SECRET', ...secret]);
  });

  it('has timeouts that are longer than an announce may take, and shorter than the gateway waits', () => {
    const timeouts = Array.from(manifest.matchAll(/^ {10}timeout: (\d+)$/gm), ([, timeout]) =>
      Number(timeout),
    );
    const { READ_TIMEOUT } = readEnvFile('deploy/nginx/gateway.env');
    const webTimeouts = timeouts.slice(0, -1);
    expect(webTimeouts).to.deep.equal([10_000, 10_000, 10_000]);
    expect(trackerSettings.announceTimeoutMs.default).to.deep.equal({ value: 4000 });
    expect(Number(READ_TIMEOUT) * 1000).to.be.above(10_000);
    // The most that OpenWhisk allows.
    expect(timeouts.at(-1)).to.equal(300_000);
  });

  it('comes with a file of the settings that a deployment needs', () => {
    const { OPENWHISK_APIHOST, OPENWHISK_NAMESPACE, OPENWHISK_AUTH, TRACKER_SECRET, RIAK_NODES, ...others } =
      readEnvFile('deploy/openwhisk/tracker.env');
    for (const value of [
      OPENWHISK_APIHOST,
      OPENWHISK_NAMESPACE,
      OPENWHISK_AUTH,
      TRACKER_SECRET,
      RIAK_NODES,
    ]) {
      expect(value).to.equal('');
    }
    expect(others).to.deep.equal({ ACTION_CONCURRENCY: '1' });
  });
});

describeWith([installed('systemd-analyze')], 'The systemd units of the purge', () => {
  it("pass systemd's own check", async () => {
    const units = ['service', 'timer'].map((kind) => `deploy/openwhisk/tracker-purge.${kind}`);
    const program = await startProgram('systemd-analyze', ['verify', ...units]);
    expect((await program.ended).status, program.describe()).to.equal(0);
    expect(program.stdout + program.stderr).to.equal('');
  });

  it('say when the purge runs', async () => {
    const [, when = ''] =
      /^OnCalendar=(.*)$/m.exec(readFileSync('deploy/openwhisk/tracker-purge.timer', 'utf8')) ?? [];
    const program = await startProgram('systemd-analyze', ['calendar', when]);
    await program.ended;
    expect(program.stdout, program.describe()).to.match(/Normalized form: \*-\*-\* \*:00:00/);
  });
});

describeWith([installed('curl')], 'The systemd service of the purge', () => {
  it('invokes the action once, with the key in no argument', async () => {
    const platform = await ScriptedPlatform.start();
    platform.answerWith((_request, reply) => {
      reply.writeHead(202, { 'Content-Type': 'application/json' }).end('{"activationId":"1"}');
    });
    try {
      const [, quoted = ''] =
        /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(
          readFileSync('deploy/openwhisk/tracker-purge.service', 'utf8'),
        ) ?? [];
      // As systemd reads it: a backslash escapes, and %% is %.
      const script = quoted.replace(/\\(.)/g, '$1').replaceAll('%%', '%');
      const key = 'uuid:key-of-the-namespace';
      const program = await startProgram('/bin/sh', ['-c', script], {
        env: {
          PATH: process.env['PATH'],
          OPENWHISK_APIHOST: `http://127.0.0.1:${platform.port}`,
          OPENWHISK_NAMESPACE: 'guest',
          OPENWHISK_AUTH: key,
        },
      });
      expect((await program.ended).status, program.describe()).to.equal(0);
      expect(program.stdout + program.stderr).to.equal('');
      expect(platform.requests).to.have.length(1);
      const { method, target, headers } = platform.last;
      expect(method).to.equal('POST');
      expect(target).to.equal('/api/v1/namespaces/guest/actions/tracker/purge?blocking=false');
      expect(headers.get('authorization')).to.deep.equal([`Basic ${Buffer.from(key).toString('base64')}`]);
    } finally {
      await platform.stop();
    }
  });
});
