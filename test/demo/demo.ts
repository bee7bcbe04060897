/**
 * The tracker as it runs on OpenWhisk, all of it on this machine: a real nginx with the gateway's
 * configuration, and the tests' doubles in the place of OpenWhisk and Riak.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { announce } from '../../lib/client/ask.js';
import { startGateway } from '../nginx/support/gateway.js';
import { callApi } from '../openwhisk-double/client.js';
import { DeployedTracker, SECRET } from '../openwhisk/support/deployed-tracker.js';
import { Cleanup } from '../support/cleanup.js';
import { isInstalled, programNamed } from '../support/programs.js';

/** Peers of each swarm that the demo begins with; every third one is a seeder. */
const SWARMS = [40, 12, 5];
const FIRST_PORT = 20_000;
/** A second Ctrl-C so much later is meant. */
const IMPATIENT_MS = 500;

/** Runs until a signal ends it. @returns the status for the process to end with */
export async function demo(): Promise<number> {
  const nginx = programNamed('nginx');
  if (!isInstalled(nginx)) {
    console.error(`The demo needs nginx: install the Debian package ${nginx.package}.`);
    return 1;
  }
  const atEnd = new Cleanup();
  const stopped = stopSignal();
  try {
    console.log('Starting Riak (a double), OpenWhisk (a double) and nginx ...');
    const tracker = await DeployedTracker.start({
      concurrency: 64,
      platform: { storeFailuresOnly: true, invocationsPerMinute: 60_000, concurrentInvocations: 5000 },
    });
    atEnd.add(() => tracker.dispose());
    const gateway = await startGateway(tracker.platform.port, { settings: { TRACKER_SECRET: SECRET } });
    atEnd.add(() => gateway.dispose());
    const url = `http://127.0.0.1:${gateway.port}`;
    const settings = join(gateway.directory, 'tracker.env');
    await writeFile(settings, settingsText(tracker, url), { mode: 0o600 });
    await Promise.race([populate(url, tracker), stopped]);
    console.log(greeting(url, settings, await hasPage(url)));
    await stopped;
    console.log('Stopping ...');
    return 0;
  } finally {
    await atEnd.run();
  }
}

/** Resolves at the first SIGINT or SIGTERM; one that comes later ends the process at once. */
async function stopSignal(): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  await Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })]);
  controller.abort();
  const sinceMs = performance.now();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    // npm and a terminal may both send the first one.
    process.on(name, () => {
      if (performance.now() - sinceMs > IMPATIENT_MS) process.exit(130);
    });
  }
}

/** Peers to look at, through the gateway, and a purge that counts them. */
async function populate(url: string, tracker: DeployedTracker): Promise<void> {
  let port = FIRST_PORT;
  for (const peers of SWARMS) {
    const infohash = randomBytes(20);
    for (let i = 0; i < peers; i++) {
      const request = {
        infohash,
        peerId: Buffer.from(`-OW0000-${randomBytes(6).toString('hex')}`, 'latin1'),
        port: port++,
        uploaded: 0,
        downloaded: 0,
        left: i % 3 === 0 ? 0 : 1_000_000,
        event: 'started',
        numwant: 0,
      } as const;
      await announce(new URL(`${url}/announce`), request, { timeoutMs: 30_000, family: 4 });
    }
  }
  await callApi(tracker.platform, 'POST', 'actions/tracker/purge?blocking=true', {});
}

function settingsText({ platform, riak }: DeployedTracker, url: string): string {
  const settings = {
    STORE: 'riak',
    OPENWHISK_APIHOST: platform.apiHost,
    OPENWHISK_NAMESPACE: platform.namespace,
    OPENWHISK_AUTH: platform.auth,
    TRACKER_SECRET: SECRET,
    RIAK_NODES: riak.addresses,
    ACTION_CONCURRENCY: '64',
    GATEWAY_URL: url,
    DOCTOR_BURST: '0',
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function hasPage(url: string): Promise<boolean> {
  const reply = await fetch(`${url}/`);
  await reply.arrayBuffer();
  return reply.headers.get('content-type')?.startsWith('text/html') ?? false;
}

function greeting(url: string, settings: string, withPage: boolean): string {
  return `The tracker is ready: clients -> nginx -> OpenWhisk (a double) -> Riak (a double), all on this machine.
  Announce URL:  ${url}/announce${withPage ? `\n  Page:          ${url}/` : ''}

From another terminal:
  npm run announce -- ${url}/announce
  npm run report -- --settings ${settings}
  npm run doctor -- --settings ${settings}

Ctrl-C ends it, and removes everything.`;
}
