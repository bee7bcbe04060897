import { expect } from 'chai';

import { ClientError } from '../../lib/bittorrent/errors.js';
import { StoreUnavailableError } from '../../lib/store/errors.js';
import { escapeBytes } from '../http/support.js';
import { defined } from '../support/defined.js';
import { RecordingLog } from '../support/recording-log.js';
import { damaged } from '../swarm/support/damage.js';
import { INFOHASH, TrackerHarness } from './tracker-harness.js';

const zeros = { complete: 0, downloaded: 0, incomplete: 0 };

describe('the reply to a scrape', () => {
  it('counts seeders, leechers, partial seeds and downloads', async () => {
    const harness = new TrackerHarness();
    await harness.client(1);
    await harness.client(1, { left: 0, event: 'completed' });
    await harness.client(2);
    await harness.client(3);
    await harness.client(4, { event: 'paused' });
    expect(await harness.swarm()).to.deep.equal({
      complete: 1,
      downloaded: 1,
      downloaders: 2,
      incomplete: 3,
    });
  });

  it('has zeros for a swarm that nobody knows', async () => {
    expect(await new TrackerHarness().swarm()).to.deep.equal(zeros);
  });

  it('keeps the downloads of a swarm whose peers have gone', async () => {
    const harness = new TrackerHarness();
    await harness.client(1);
    await harness.client(1, { left: 0, event: 'completed' });
    harness.pass(2700);
    expect(await harness.swarm()).to.deep.equal({ ...zeros, downloaded: 1 });
  });

  it('has every swarm that is asked for once, under its very bytes', async () => {
    const harness = new TrackerHarness();
    const other = Buffer.alloc(20, 0xff);
    await harness.client(1);
    const reply = await harness.scrape(other, INFOHASH, other, INFOHASH);
    expect([...reply.dictionary('files').keys()]).to.deep.equal([
      INFOHASH.toString('hex'),
      other.toString('hex'),
    ]);
  });

  it('answers no more swarms than the settings say', async () => {
    const harness = new TrackerHarness({ SCRAPE_MAX_HASHES: '3' });
    const reply = await harness.scrape(...[1, 2, 3, 4, 5].map((byte) => Buffer.alloc(20, byte)));
    expect(reply.dictionary('files').size).to.equal(3);
    expect(harness.store.operations).to.include({ fetch: 3, count: 3 });
  });

  it('says when to scrape again', async () => {
    const harness = new TrackerHarness({ SCRAPE_INTERVAL: '77' });
    const reply = await harness.scrape(INFOHASH);
    expect(reply.keys()).to.deep.equal(['files', 'flags']);
    const key = Buffer.from('min_request_interval').toString('hex');
    expect([...reply.dictionary('flags')]).to.deep.equal([[key, 77]]);
  });
});

describe('a scrape that cannot be answered', () => {
  it('asks for no swarm, or for something that is none', async () => {
    const harness = new TrackerHarness();
    for (const [query, reason] of [
      ['', 'missing info_hash'],
      ['info_hash=short', 'info_hash is not 20 bytes'],
    ] as const) {
      const error: unknown = await harness.scrapeQuery(query).catch((failure: unknown) => failure);
      expect(error).to.be.instanceOf(ClientError);
      expect(error).to.include({ message: reason, retryIn: 'never' });
    }
  });

  it('in part, as a shard is damaged, is told to the log of the one who asks', async () => {
    const harness = new TrackerHarness();
    await harness.client(1);
    const key = INFOHASH.toString('hex');
    const { values, version } = await harness.store.fetch(key);
    await harness.store.put(key, damaged(defined(values[0])), version);
    const log = new RecordingLog();
    await harness.scrapeQuery(`info_hash=${escapeBytes(INFOHASH)}`, log);
    expect(log.lines.map(({ event }) => event)).to.deep.equal(['shard damaged']);
    expect(harness.log.lines).to.deep.equal([]);
  });

  it('fails with the store', async () => {
    const harness = new TrackerHarness({}, { fault: () => 'before' });
    const failure: unknown = await harness.scrape(INFOHASH).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StoreUnavailableError);
  });
});
