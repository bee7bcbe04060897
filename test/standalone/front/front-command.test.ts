import { expect } from 'chai';

import type { Stats } from '../../../lib/stats/stats.js';
import { UdpClient } from '../../udp/socket-client.js';
import { announceRequest, readError, someInfohash } from '../../udp/client.js';
import { DeployedTracker, SECRET, type DeployedOptions } from '../../openwhisk/support/deployed-tracker.js';
import { ScriptedPlatform, platformAnswer } from '../../nginx/support/scripted-platform.js';
import { Cleanup } from '../../support/cleanup.js';
import { freePort } from '../../support/free-port.js';
import { startProgram } from '../../support/running-program.js';
import { buildFirst, entry, root } from '../support/entry.js';
import { startFront as start, type RunningFront } from '../support/front.js';

const escaped = someInfohash.toString('hex').replace(/../g, '%$&');

describe('npm run front', function () {
  this.timeout(120_000);
  buildFirst();
  const atEnd = new Cleanup();

  afterEach(() => atEnd.run());

  async function startFront(
    apiHost: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<RunningFront> {
    const front = await start(apiHost, settings);
    atEnd.add(() => front.program.stop());
    return front;
  }

  async function deploy(options: DeployedOptions = {}): Promise<DeployedTracker> {
    const deployed = await DeployedTracker.start({ concurrency: 64, ...options });
    atEnd.add(() => deployed.dispose());
    return deployed;
  }

  async function client(port: number): Promise<UdpClient> {
    const opened = await UdpClient.open(port);
    atEnd.add(() => opened.close());
    return opened;
  }

  it('answers over UDP and HTTP from swarms that OpenWhisk and Riak have', async () => {
    const { platform } = await deploy();
    const { port } = await startFront(platform.apiHost);
    const peer = await client(port);
    await peer.announce({ left: 0n, peerId: Buffer.alloc(20, 1), port: 7001 });
    const onHttp = await fetch(
      `http://127.0.0.1:${port}/announce?info_hash=${escaped}&peer_id=${'b'.repeat(20)}&port=7002&left=1`,
    );
    expect(await onHttp.text())
      .to.include('8:completei1e')
      .and.to.include('10:incompletei1e');
    await peer.announce({ event: 1, left: 0n, peerId: Buffer.from('b'.repeat(20)), port: 7002 });
    expect(await peer.scrape([someInfohash])).to.deep.equal([{ seeders: 2, completed: 1, leechers: 0 }]);
    await peer.announce({ event: 3, left: 0n, peerId: Buffer.alloc(20, 1), port: 7001 });
    expect(await peer.scrape([someInfohash])).to.deep.equal([{ seeders: 1, completed: 1, leechers: 0 }]);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).to.equal(200);
  });

  it('has a page with its announce URLs and what it served, and metrics', async () => {
    const { platform } = await deploy();
    const token = 'token-of-the-metrics';
    const { port } = await startFront(platform.apiHost, { METRICS_TOKEN: token });
    const peer = await client(port);
    // The first one again if the container takes long to start; the second one once.
    for (const port of [7001, 7001]) await peer.announce({ port });
    const url = `http://127.0.0.1:${port}`;
    const page = await (await fetch(`${url}/`)).text();
    expect(page).to.include(`value="udp://127.0.0.1:${port}/announce"`).and.include('<dt>Runs</dt>');
    const stats = (await (await fetch(`${url}/stats.json`)).json()) as Stats;
    expect(stats.served?.sinceStart.announces).to.be.at.least(2);
    expect(stats.served?.sinceStart.scrapes).to.equal(0);
    expect(stats.runs).to.include({ failedRuns: 0, waiting: 0 });
    expect(stats.udp?.connects).to.be.at.least(1);
    expect([stats.isStoreReachable, 'totals' in stats]).to.deep.equal([true, false]);
    expect((await fetch(`${url}/metrics`)).status).to.equal(401);
    const headers = { Authorization: `Bearer ${token}` };
    const text = await (await fetch(`${url}/metrics`, { headers })).text();
    expect(text).to.match(
      /\nbittorrent_tracker_announces_total\{front="udp",family="ipv4",event="none",outcome="answered"\} [1-9]/,
    );
    expect(text).to.match(/\nbittorrent_tracker_udp_connects_total [1-9]/);
    expect(text).to.match(/\nbittorrent_tracker_front_batched_requests_total [1-9]/);
    const lines = text.split('\n');
    expect(lines).to.include.members([
      'bittorrent_tracker_udp_rejections_total{reason="wrong_id"} 0',
      'bittorrent_tracker_front_runs_total{outcome="failed"} 0',
      'bittorrent_tracker_front_waiting_requests 0',
    ]);
    expect(lines.some((line) => line.startsWith('bittorrent_tracker_store_calls'))).to.equal(false);
  });

  it('makes few runs of many announces', async () => {
    const { platform } = await deploy({ settings: { ADDRESS_PEERS: '0' } });
    const { port } = await startFront(platform.apiHost, { FRONT_WAIT: '50' });
    const peer = await client(port);
    const id = await peer.connect();
    const before = platform.activations().length;
    const announces = Array.from({ length: 200 }, (_, i) =>
      peer.ask(announceRequest(id, { peerId: Buffer.alloc(20, i), port: 7001 + i })),
    );
    await Promise.all(announces);
    expect(platform.activations().length - before).to.be.at.most(20);
    expect((await peer.scrape([someInfohash]))[0]?.leechers).to.equal(200);
  });

  it('answers with a failure, and goes on, whatever the platform says', async () => {
    const platform = await ScriptedPlatform.start();
    atEnd.add(() => platform.stop());
    const { port, program } = await startFront(`http://127.0.0.1:${platform.port}`, { FRONT_TIMEOUT: '500' });
    const peer = await client(port);
    const id = await peer.connect();
    const failure = async (): Promise<string> => readError((await peer.ask(announceRequest(id))).bytes);
    const busy = 'the tracker is busy, try again later';
    for (const status of [429, 503, 202, 400, 401, 502]) {
      platform.answerWith(platformAnswer(status, 'no'));
      expect(await failure(), String(status)).to.equal(busy);
    }
    platform.answerWith((_request, reply) => reply.writeHead(204).end());
    expect(await failure(), '204').to.equal(busy);
    platform.answerWith((_request, reply) => reply.socket?.destroy());
    expect(await failure(), 'closed').to.equal(busy);
    platform.answerWith(() => undefined);
    expect(await failure(), 'silent').to.equal(busy);
    expect(platform.last.method).to.equal('POST');
    expect(platform.last.target).to.equal('/api/v1/web/guest/tracker/announce.http');
    expect(platform.last.headers.get('x-require-whisk-auth')).to.deep.equal([SECRET]);
    expect(program.exit).to.equal(undefined);
    expect(program.stderr).to.not.include(SECRET);
  });

  it('answers again when a container was killed in the middle of a run', async () => {
    const { platform } = await deploy({ settings: { WARM_SECONDS: 0 } });
    const { port } = await startFront(platform.apiHost);
    const peer = await client(port);
    await peer.announce();
    const id = await peer.connect();
    const announces = Array.from({ length: 50 }, (_, i) =>
      peer.ask(announceRequest(id, { peerId: Buffer.alloc(20, i), port: 7001 + i })),
    );
    await Promise.all(platform.containers('tracker/announce').map((container) => container.kill()));
    const replies = await Promise.all(announces);
    expect(replies).to.have.length(50);
    await peer.announce();
  });

  it('loses nothing that it has answered when it is stopped', async () => {
    const { platform } = await deploy();
    const { port, program } = await startFront(platform.apiHost, { FRONT_WAIT: '20' });
    const peer = await client(port);
    const id = await peer.connect();
    let answered = 0;
    const announces = Array.from({ length: 100 }, async (_, i) => {
      const reply = await peer.request(announceRequest(id, { peerId: Buffer.alloc(20, i + 1) }), 1500);
      if (reply?.bytes.readUInt32BE(0) === 1) answered++;
    });
    expect((await program.stop()).status, program.describe()).to.equal(0);
    await Promise.all(announces);
    const again = await client((await startFront(platform.apiHost)).port);
    expect((await again.scrape([someInfohash]))[0]?.leechers).to.be.at.least(answered);
  });

  it('says at its start that OpenWhisk cannot be reached, with the reason', async () => {
    const port = await freePort();
    const { program } = await startFront(`http://127.0.0.1:${port}`);
    expect(program.stdout).to.match(
      /^The front cannot answer yet, and keeps trying: [^\n]*ECONNREFUSED 127\.0\.0\.1:\d+\n/,
    );
    expect(program.stdout).to.not.contain('ready');
  });

  it('says what is missing', async () => {
    const program = await startProgram(process.execPath, [entry, 'front'], {
      cwd: root,
      env: { PATH: process.env['PATH'], PORT: '0' },
    });
    expect((await program.ended).status).to.equal(2);
    expect(program.stderr).to.include('OPENWHISK_API');
  });
});
