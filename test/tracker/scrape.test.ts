import { expect } from 'chai';

import { ClientError } from '../../lib/bittorrent/errors.js';
import { StoreUnavailableError } from '../../lib/store/errors.js';
import { escapeBytes } from '../http/support.js';
import { defined } from '../support/defined.js';
import { RecordingLog } from '../support/recording-log.js';
import { damaged } from '../swarm/damage.js';
import { INFOHASH, TrackerSite } from './tracker-site.js';

const zeros = { complete: 0, downloaded: 0, downloaders: 0, incomplete: 0 };

describe('the reply to a scrape', () => {
  it('counts seeders, leechers, partial seeds and downloads', async () => {
    const site = new TrackerSite();
    await site.client(1);
    await site.client(1, { left: 0, event: 'completed' });
    await site.client(2);
    await site.client(3);
    await site.client(4, { event: 'paused' });
    expect(await site.swarm()).to.deep.equal({ complete: 1, downloaded: 1, downloaders: 2, incomplete: 3 });
  });

  it('has zeros for a swarm that nobody knows', async () => {
    expect(await new TrackerSite().swarm()).to.deep.equal(zeros);
  });

  it('keeps the downloads of a swarm whose peers have gone', async () => {
    const site = new TrackerSite();
    await site.client(1);
    await site.client(1, { left: 0, event: 'completed' });
    site.pass(2700);
    expect(await site.swarm()).to.deep.equal({ ...zeros, downloaded: 1 });
  });

  it('has every swarm that is asked for once, under its very bytes', async () => {
    const site = new TrackerSite();
    const other = Buffer.alloc(20, 0xff);
    await site.client(1);
    const reply = await site.scrape(other, INFOHASH, other, INFOHASH);
    expect([...reply.dictionary('files').keys()]).to.deep.equal([
      INFOHASH.toString('hex'),
      other.toString('hex'),
    ]);
  });

  it('answers no more swarms than the settings say', async () => {
    const site = new TrackerSite({ SCRAPE_MAX_HASHES: '3' });
    const reply = await site.scrape(...[1, 2, 3, 4, 5].map((byte) => Buffer.alloc(20, byte)));
    expect(reply.dictionary('files').size).to.equal(3);
    expect(site.store.operations).to.include({ fetch: 3, count: 3 });
  });

  it('says when to scrape again', async () => {
    const site = new TrackerSite({ SCRAPE_INTERVAL: '77' });
    const reply = await site.scrape(INFOHASH);
    expect(reply.keys()).to.deep.equal(['files', 'flags']);
    const key = Buffer.from('min_request_interval').toString('hex');
    expect([...reply.dictionary('flags')]).to.deep.equal([[key, 77]]);
  });
});

describe('a scrape that cannot be answered', () => {
  it('asks for no swarm, or for something that is none', async () => {
    const site = new TrackerSite();
    for (const [query, reason] of [
      ['', 'missing info_hash'],
      ['info_hash=short', 'info_hash is not 20 bytes'],
    ] as const) {
      const error: unknown = await site.scrapeQuery(query).catch((failure: unknown) => failure);
      expect(error).to.be.instanceOf(ClientError);
      expect(error).to.include({ message: reason, retryIn: 'never' });
    }
  });

  it('in part, as a shard is damaged, is told to the log of the one who asks', async () => {
    const site = new TrackerSite();
    await site.client(1);
    const key = INFOHASH.toString('hex');
    const { values, version } = await site.store.fetch(key);
    await site.store.put(key, damaged(defined(values[0])), version);
    const log = new RecordingLog();
    await site.scrapeQuery(`info_hash=${escapeBytes(INFOHASH)}`, log);
    expect(log.lines.map(({ event }) => event)).to.deep.equal(['shard damaged']);
    expect(site.log.lines).to.deep.equal([]);
  });

  it('fails with the store', async () => {
    const site = new TrackerSite({}, { fault: () => 'before' });
    const failure: unknown = await site.scrape(INFOHASH).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StoreUnavailableError);
  });
});
