import { expect } from 'chai';

import { create } from '../../actions/announce.js';
import { emptyBatch, joinParts, splitParts } from '../../lib/batch/format.js';
import { decodeAnnounceReply, decodeScrapeReply } from '../../lib/batch/replies.js';
import { encodeAnnounceRequest, encodeScrapeRequest } from '../../lib/batch/requests.js';
import { leecherAnnounce } from '../support/leecher-announce.js';
import { defined } from '../support/defined.js';
import { TrackerHarness } from '../tracker/tracker-harness.js';

const FROM = Buffer.from([192, 0, 2, 1]);

/** Runs the action with a body, as the controller would. */
async function run(harness: TrackerHarness, body: Buffer): Promise<Buffer> {
  const result = await create(harness.components)({
    __ow_method: 'post',
    __ow_headers: { 'x-tracker-batch': '1', 'content-type': 'application/octet-stream' },
    __ow_body: body.toString('base64'),
  });
  expect(result).to.have.nested.property('headers.Content-Type', 'application/octet-stream');
  return Buffer.from(result.body, 'base64');
}

describe('the announce action asked with a batch', () => {
  it('answers all of it in order', async () => {
    const harness = new TrackerHarness();
    const many = 50;
    // In swarm 1 is 1 peer, in swarm 2 are 2, ...: the replies of each are alike, and unlike those
    // of others.
    const swarmOf = Array.from({ length: 9 }, (_, i) => Array.from({ length: i + 1 }, () => i + 1)).flat();
    const requests = Array.from({ length: many }, (_, i) =>
      encodeAnnounceRequest(leecherAnnounce(i + 1, { infohash: Buffer.alloc(20, swarmOf[i] ?? 10) })),
    );
    const scrape = encodeScrapeRequest({
      front: 'http',
      from: FROM,
      passkey: undefined,
      infohashes: [Buffer.alloc(20, 1)],
    });
    const replies = splitParts(await run(harness, joinParts([...requests, scrape])));
    expect(replies).to.have.length(many + 1);
    replies.slice(0, many).forEach((reply, i) => {
      expect(decodeAnnounceReply(reply, FROM).incomplete).to.equal(swarmOf[i] ?? many - swarmOf.length);
    });
    expect(decodeScrapeReply(defined(replies[many])).swarms).to.have.length(1);
    const [again] = splitParts(await run(harness, joinParts([scrape])));
    expect(decodeScrapeReply(defined(again)).swarms[0]).to.include({ incomplete: 1 });
  });

  it('shares writes among announces of one swarm', async () => {
    const harness = new TrackerHarness();
    const requests = Array.from({ length: 100 }, (_, i) => encodeAnnounceRequest(leecherAnnounce(i + 1)));
    await run(harness, joinParts(requests));
    expect(harness.store.operations.put).to.be.at.most(10);
  });

  it('fails those that fail, and no others', async () => {
    const broken = Buffer.alloc(20, 9);
    const harness = new TrackerHarness(
      {},
      { fault: (_operation, key) => (key.includes('0909') ? 'before' : 'none') },
    );
    const replies = splitParts(
      await run(
        harness,
        joinParts([
          encodeAnnounceRequest(leecherAnnounce(1)),
          encodeAnnounceRequest(leecherAnnounce(2, { infohash: broken })),
          Buffer.from('nonsense'),
          encodeAnnounceRequest(leecherAnnounce(3)),
        ]),
      ),
    );
    const outcomes = replies.map((reply) => {
      try {
        return decodeAnnounceReply(reply, FROM).interval;
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(outcomes).to.deep.equal([1800, 'the tracker is busy, try again later', 'internal error', 1800]);
  });

  it('answers a batch of another version with its own', async () => {
    const other = emptyBatch();
    other[3] = 9;
    expect(await run(new TrackerHarness(), other)).to.deep.equal(emptyBatch());
    expect(await run(new TrackerHarness(), Buffer.from('d1:ae'))).to.deep.equal(emptyBatch());
  });

  it('answers what is cut off, or no body at all, with its version alone', async () => {
    const whole = joinParts([encodeAnnounceRequest(leecherAnnounce(1))]);
    for (const body of [whole.subarray(0, 20), Buffer.alloc(0)]) {
      expect(await run(new TrackerHarness(), body)).to.deep.equal(emptyBatch());
    }
    const { components } = new TrackerHarness();
    const result = await create(components)({ __ow_headers: { 'x-tracker-batch': '1' } });
    expect(Buffer.from(result.body, 'base64')).to.deep.equal(emptyBatch());
  });

  it('has no answer that the platform would throw away: who finds no room comes again', async () => {
    const harness = new TrackerHarness({ SCRAPE_MAX_HASHES: '1000' });
    const infohashes = Array.from({ length: 1000 }, (_, i) => Buffer.alloc(20, i % 7));
    const scrape = encodeScrapeRequest({ front: 'http', from: FROM, passkey: undefined, infohashes });
    const answer = await run(harness, joinParts(Array.from({ length: 30 }, () => scrape)));
    expect(answer.length).to.be.at.most(700_100);
    const replies = splitParts(answer);
    expect(replies).to.have.length(30);
    expect(decodeScrapeReply(defined(replies[0])).swarms).to.have.length(1000);
    expect(() => decodeScrapeReply(defined(replies[29]))).to.throw('busy');
  });
});
