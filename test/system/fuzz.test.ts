import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';

import { decodeCanonical } from '../http/bencoding.js';
import { describeWith } from '../support/programs.js';
import { seededRandom } from '../support/seeded-random.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { Conversation } from './support/conversation.js';
import type { HttpReply } from './support/http-replies.js';
import { withoutProxyWarning } from './support/log-lines.js';
import { MutantGenerator } from './support/mutations.js';
import { PipelinedConnection } from './support/pipelined-connection.js';
import { linux, privateMemory } from './support/proc.js';
import { announceReplyOf } from './support/replies.js';
import { median } from './support/statistics.js';
import { announceTarget, getRequest } from './support/targets.js';
import { heapSlack } from '../support/heap-slack.js';

const mutants = 100_000;
const seed = 20_240_607;
/** Connections at once. */
const conversations = 8;
/** Whole requests on a connection before a broken one, which mostly is the last. */
const wholeOfEach = 14;
/** How long the reply to a broken request is waited for, before the client closes its side. */
const patienceMs = 15;
const deadlineMs = 10_000;
/** What noise may add to the memory, much less than a leak of half a kilobyte a request. */
const noiseBytes = heapSlack(24);

/** Peers of a swarm that no mutant finds: the reply to one of them is known. */
const goodPeers = 20;
const goodInfohash = Buffer.from('676f6f64ff00fe01fd02fc03fb04fa05f906f807', 'hex');
const goodPort = (peer: number): number => 2000 + peer;
const goodTarget = (peer: number): string =>
  announceTarget(
    {
      infohash: goodInfohash,
      peerId: Buffer.from(`-TS0001-good-peer-${String(peer).padStart(2, '0')}`),
      port: goodPort(peer),
      left: 1,
    },
    '&event=started',
  );

function expectGood(reply: HttpReply, peer: number): void {
  const { complete, incomplete, ports } = announceReplyOf(reply);
  const others = Array.from({ length: goodPeers }, (_, other) => goodPort(other)).filter(
    (port) => port !== goodPort(peer),
  );
  expect([complete, incomplete]).to.deep.equal([0, goodPeers]);
  expect([...ports].sort()).to.deep.equal(others);
}

/**
 * That a reply is one that the tracker gives on purpose: bencoded, a plain page, or a plain error
 * of the client.
 */
function expectPlausible({ status, body }: HttpReply): void {
  const text = body.toString('latin1');
  if (status === 200 && text.startsWith('d')) {
    decodeCanonical(body);
    expect(text).not.to.include('internal error').and.not.to.include('busy');
  } else if (status === 200) {
    expect(text).to.match(/^(ok\n|<!doctype html>.*|)$/s);
  } else if (status !== 100) {
    expect(status).to.be.within(400, 499);
    expect(text).to.match(/^([\w ]+\n|)$/);
  }
}

describeWith([linux], '100,000 mutated requests', () => {
  let tracker: TrackerProcess;

  before(async function () {
    this.timeout(60_000);
    // Little is kept warm, so that what stays in memory has no reason to.
    tracker = await startTracker({ DURABILITY: 'commit', WARM_BYTES: '1000000' });
    const connection = await PipelinedConnection.open(tracker.port);
    for (let peer = 0; peer < goodPeers; peer++) await connection.get(goodTarget(peer));
    connection.close();
  });

  after(() => tracker.dispose());

  it('crash nothing, leak nothing, are all answered as they deserve, and good announces among them too', async function () {
    this.timeout(240_000);
    const random = seededRandom(seed);
    const generator = new MutantGenerator(random);
    const memory: number[] = [];
    let sent = 0;
    let answered = 0;
    let nextSample = 0;

    /**
     * One connection: whole mutants and a good announce in one write, and when those are answered a
     * broken one.
     */
    async function converse(): Promise<void> {
      const whole = Array.from({ length: wholeOfEach }, () => generator.whole());
      const broken = generator.broken();
      const goodPeer = Math.floor(random() * goodPeers);
      const goodAt = Math.floor(random() * (whole.length + 1));
      sent += whole.length + 1;
      const requests = whole.map(({ request }) => request);
      requests.splice(goodAt, 0, getRequest(goodTarget(goodPeer)));

      const conversation = await Conversation.open(tracker.port);
      let doing: string[] = requests;
      try {
        conversation.send(requests.join(''));
        const replies = await conversation.next(requests.length, deadlineMs);
        for (const [i, reply] of replies.entries()) {
          doing = requests.slice(i, i + 1);
          if (i === goodAt) expectGood(reply, goodPeer);
          else expectPlausible(reply);
          answered++;
        }
        doing = [broken.request];
        conversation.send(broken.request);
        await conversation.somethingOr(delay(patienceMs));
        conversation.socket.end();
        for (const reply of await conversation.untilClosed(deadlineMs)) expectPlausible(reply);
      } catch (cause) {
        throw new Error(
          `seed ${seed}, within the first ${sent} requests: ${doing.map((request) => JSON.stringify(request)).join('\n')}`,
          { cause },
        );
      }
    }

    async function work(): Promise<void> {
      while (sent < mutants) {
        await converse();
        if (sent < nextSample) continue;
        nextSample += mutants / 50;
        memory.push(await privateMemory(tracker.pid));
      }
    }

    await Promise.all(Array.from({ length: conversations }, work));

    expect(tracker.program.exit, tracker.program.describe()).to.equal(undefined);
    expect(withoutProxyWarning(tracker.program.stderr), 'log').to.equal('');
    expect(sent).to.be.at.least(mutants);
    expect(answered).to.be.at.least(mutants * 0.9);
    const warm = median(memory.slice(10, 20));
    const last = median(memory.slice(-10));
    expect(last - warm, `${warm} bytes after warming up, ${last} at the end`).to.be.below(noiseBytes);
  });
});
