import { expect } from 'chai';

import { exchange } from '../support/raw-http.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';

const hash = '%12%34%56%78%9a%bc%de%f1%23%45%67%89%ab%cd%ef%12%34%56%78%9a';
const peerId = '-XX0001-abcdefghijkl';
const good = `info_hash=${hash}&peer_id=${peerId}&port=6881&left=0`;

describe('bad input to the standalone process', function () {
  this.timeout(60_000);
  let tracker: TrackerProcess;

  before(async () => {
    tracker = await startTracker();
  });

  after(async () => {
    await tracker.dispose();
  });

  async function bodyOf(target: string): Promise<string> {
    const reply = await exchange(tracker.port, `GET ${target} HTTP/1.0\r\n\r\n`);
    expect(reply).to.match(/^HTTP\/1\.1 200 OK\r\n/);
    expect(reply)
      .to.contain('\r\nContent-Type: text/plain\r\n')
      .and.to.match(/\r\nContent-Length: \d+\r\n/);
    return reply.slice(reply.indexOf('\r\n\r\n') + 4);
  }

  /** Everything that is wrong with an announce, and a word of the reason. */
  const refused: [what: string, query: string, reason: RegExp][] = [
    ['no query', '', /info_hash/],
    ['no infohash', `peer_id=${peerId}&port=6881`, /info_hash/],
    ['two infohashes', `${good}&info_hash=${hash}`, /info_hash/],
    ['an infohash of 19 bytes', `info_hash=${hash.slice(3)}&peer_id=${peerId}&port=6881`, /info_hash.*20/],
    ['an infohash of 21 bytes', `info_hash=${hash}a&peer_id=${peerId}&port=6881`, /info_hash.*20/],
    ['a truncated escape', `info_hash=${hash.slice(0, -1)}&peer_id=${peerId}&port=6881`, /./],
    ['a wrong escape', `info_hash=${hash.slice(0, -2)}zz&peer_id=${peerId}&port=6881`, /./],
    ['no peer_id', `info_hash=${hash}&port=6881`, /peer_id/],
    ['a short peer_id', `info_hash=${hash}&peer_id=x&port=6881`, /peer_id.*20/],
    ['no port', `info_hash=${hash}&peer_id=${peerId}`, /port/],
    ...['99999', '65536', 'abc', '-1', '', '1e3', '9'.repeat(400)].map((port): [string, string, RegExp] => [
      `the port ${port.slice(0, 10)}`,
      `info_hash=${hash}&peer_id=${peerId}&port=${port}`,
      /port/,
    ]),
  ];
  for (const [what, query, reason] of refused) {
    it(`an announce with ${what} gets a reason`, async () => {
      const body = await bodyOf(`/announce?${query}`);
      const text = /^d14:failure reason(\d+):([^]*)e$/.exec(body)?.[2] ?? `no failure: ${body}`;
      expect(text).to.match(reason).and.not.to.contain('internal error');
    });
  }

  const taken: [what: string, query: string][] = [
    ['a negative numwant', '&numwant=-5'],
    ['a huge numwant', `&numwant=${'9'.repeat(300)}`],
    ['negative and huge counts', `&uploaded=-1&downloaded=${'9'.repeat(300)}`],
    ['an escaped NUL byte in a parameter', '&key=%00&%00=1'],
    ['an unknown event', '&event=%ff%00'],
    ['thousands of parameters', '&a=1'.repeat(3500)],
    ['broken escapes where nobody looks', '&x=%&y=%z&%=%'],
  ];
  for (const [what, more] of taken) {
    it(`an announce with ${what} is answered`, async () => {
      expect(await bodyOf(`/announce?${good}${more}`)).to.match(/^d8:completei1e/);
    });
  }

  it('an announce with the port 0, of a client that listens nowhere, is answered', async () => {
    expect(await bodyOf(`/announce?${good}&port=0`)).to.match(/^d8:completei\d+e/);
  });

  it('a scrape without an infohash, or with a short one, gets a reason', async () => {
    for (const query of ['', '?', '?info_hash=', '?info_hash=abc']) {
      expect(await bodyOf(`/scrape${query}`)).to.match(/^d14:failure reason\d+:.*info_hash/);
    }
  });

  it('a target too long for any request is refused before anything runs', async () => {
    for (const filler of ['a=1&'.repeat(10_000), 'a'.repeat(16_384)]) {
      const reply = await exchange(tracker.port, `GET /announce?${filler} HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect(reply).to.match(/^HTTP\/1\.1 431 /);
    }
  });

  it('leaves the process alive, silent, and answering', async () => {
    expect(await bodyOf(`/announce?${good}`)).to.match(/^d8:completei1e/);
    expect(tracker.program.exit).to.equal(undefined);
    expect(tracker.program.stderr).to.equal('');
  });
});
