import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { startGateway } from '../nginx/support/gateway.js';
import { BUILD_TIMEOUT_MS } from '../openwhisk/support/bundles.js';
import { DeployedTracker, SECRET } from '../openwhisk/support/deployed-tracker.js';
import { Cleanup } from '../support/cleanup.js';
import { describeWith, installed } from '../support/programs.js';
import { startProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

const command = fileURLToPath(new URL('../../bin/tracker.mjs', import.meta.url));

describeWith([installed('nginx')], 'npm run doctor, of a whole deployment', () => {
  const atEnd = new Cleanup();

  afterEach(() => atEnd.run());

  it('looks at Riak, OpenWhisk, the gateway and, last, at the limits, with the file of the deployment', async () => {
    const tracker = await DeployedTracker.start({
      concurrency: 64,
      platform: { storeFailuresOnly: true, invocationsPerMinute: 60_000, concurrentInvocations: 5000 },
    });
    atEnd.add(() => tracker.dispose());
    const gateway = await startGateway(tracker.platform.port, { settings: { TRACKER_SECRET: SECRET } });
    atEnd.add(() => gateway.dispose());
    const directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
    const file = join(directory, 'my-tracker.env');
    const { apiHost, namespace, auth } = tracker.platform;
    const settings = { OPENWHISK_APIHOST: apiHost, OPENWHISK_NAMESPACE: namespace, OPENWHISK_AUTH: auth };
    const lines = Object.entries({
      ...settings,
      TRACKER_SECRET: SECRET,
      RIAK_NODES: tracker.riak.addresses,
      ACTION_CONCURRENCY: '64',
    });
    await writeFile(file, lines.map(([name, value]) => `${name}=${value}\n`).join(''));
    const program = await startProgram(process.execPath, [command, 'doctor', '--settings', file], {
      env: { PATH: process.env['PATH'], GATEWAY_URL: `http://127.0.0.1:${gateway.port}` },
    });
    const { status } = await program.ended;
    expect(status, program.describe()).to.equal(0);
    const seen = program.stdout.trim().split('\n');
    expect(seen.at(-1)).to.match(/^\d+ ok, 0 warnings, 0 wrong$/);
    const order = [
      'node 127',
      'action guest/tracker/announce',
      'an announce with the secret',
      '/health',
      'invocations a minute',
    ];
    const places = order.map((subject) => seen.findIndex((line) => line.includes(subject)));
    expect(places).to.not.include(-1);
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
    expect(program.stdout).to.not.include(SECRET).and.not.include(auth);
  }).timeout(BUILD_TIMEOUT_MS);
});
