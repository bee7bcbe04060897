import { expect } from 'chai';

import { isInfoLogged, ServedLog } from '../../lib/standalone/served-log.js';
import { TrackerCounters } from '../../lib/stats/tracker-counters.js';
import { Refusal } from '../../lib/bittorrent/errors.js';
import { RecordingLog } from '../support/recording-log.js';
import { rejectionOf } from '../support/rejection.js';
import { INFOHASH, TrackerHarness } from '../tracker/tracker-harness.js';

function subject() {
  const log = new RecordingLog();
  const counters = new TrackerCounters();
  const stored = () => Promise.resolve({ peers: 7, torrents: 2 });
  const servedLog = new ServedLog({ log, served: () => counters.served(), stored });
  const refusal = new Refusal('not listed', 'no');
  const harness = new TrackerHarness(
    {},
    {},
    {
      metrics: counters,
      policy: { announce: ({ from }) => (from.length === 16 ? refusal : undefined), scrape: () => undefined },
    },
  );
  return { log, counters, servedLog, harness };
}

describe('The line a minute of what was served', () => {
  it('has the counts of that minute, and what is stored', async () => {
    const { log, servedLog, harness } = subject();
    await harness.client(1);
    await servedLog.write();
    await harness.client(1);
    await harness.client(2);
    await harness.scrape(INFOHASH);
    await rejectionOf(harness.client(3, {}, '2001:db8::3'));
    await rejectionOf(harness.announce('nonsense', '192.0.2.1'));
    await servedLog.write();
    expect(log.lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal([
      'info served',
      'info served',
    ]);
    expect(log.lines[1]?.fields).to.deep.equal({
      httpAnnounces: 2,
      udpAnnounces: 0,
      httpScrapes: 1,
      udpScrapes: 0,
      refused: 2,
      failed: 0,
      peers: 7,
      torrents: 2,
    });
  });

  it('counts by front, and what failed', async () => {
    const { log, counters, servedLog } = subject();
    const request = {
      front: 'udp',
      from: Buffer.from([192, 0, 2, 1]),
      passkey: undefined,
      infohash: INFOHASH,
      peerId: Buffer.alloc(20),
      port: 1,
      left: 1,
      uploaded: 0,
      downloaded: 0,
      event: 'none',
      numwant: undefined,
      withIds: false,
      claimedAddress: undefined,
    } as const;
    counters.announced(request, 'answered', 1);
    counters.announced(request, 'busy', 1);
    counters.announced({ ...request, front: 'http' }, 'failed', 1);
    await servedLog.write();
    expect(log.lines[0]?.fields).to.include({ udpAnnounces: 1, httpAnnounces: 0, failed: 2, refused: 0 });
  });

  it('is not there while nothing is asked, but once when that begins', async () => {
    const { log, servedLog, harness } = subject();
    await servedLog.write();
    await servedLog.write();
    expect(log.lines).to.deep.equal([]);
    await harness.client(1);
    for (let minute = 0; minute < 5; minute++) await servedLog.write();
    expect(log.lines.map(({ event }) => event)).to.deep.equal(['served', 'idle']);
    await harness.client(1);
    for (let minute = 0; minute < 5; minute++) await servedLog.write();
    expect(log.lines.map(({ event }) => event)).to.deep.equal(['served', 'idle', 'served', 'idle']);
  });

  it('comes by itself, and no more once it is stopped', async () => {
    const { log, counters } = subject();
    const servedLog = new ServedLog({ log, served: () => counters.served() }, 5);
    servedLog.start();
    const count = setInterval(() => {
      counters.scraped(
        { front: 'http', from: Buffer.alloc(4), passkey: undefined, infohashes: [INFOHASH] },
        'answered',
        1,
      );
    }, 1);
    while (log.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    servedLog.stop();
    const before = log.lines.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    clearInterval(count);
    expect(log.lines.length).to.equal(before);
    expect(log.lines[0]?.event).to.equal('served');
  });

  it('is counted only where somebody would see it', () => {
    expect((['warn', 'info', 'debug'] as const).map((logLevel) => isInfoLogged({ logLevel }))).to.deep.equal([
      false,
      true,
      true,
    ]);
  });
});
