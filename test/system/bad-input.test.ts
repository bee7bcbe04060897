import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';

import { eventually } from '../support/eventually.js';
import { describeWith } from '../support/programs.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { Conversation, exchange } from './support/conversation.js';
import { everyByte, leastAndPlus } from './support/escapes.js';
import type { HttpReply } from './support/http-replies.js';
import { overConnections, PipelinedConnection } from './support/pipelined-connection.js';
import { linux, openFiles } from './support/proc.js';
import { withoutProxyWarning } from './support/log-lines.js';
import { announceReplyOf, failureOf, scrapeReplyOf } from './support/replies.js';
import { announceTarget, getRequest, scrapeTarget, type AnnouncingPeer } from './support/targets.js';

const headersTimeoutMs = 300;
const requestTimeoutMs = 400;
/** Timeouts are looked at this often; the rest is for a busy machine. */
const slackMs = headersTimeoutMs + 2500;
const settings = {
  HEADERS_TIMEOUT: String(headersTimeoutMs),
  REQUEST_TIMEOUT: String(requestTimeoutMs),
  KEEP_ALIVE_TIMEOUT: '200',
};

const peer: AnnouncingPeer = {
  infohash: Buffer.from('000102030405060708090a0b0c0d0e0f10fdfeff', 'hex'),
  peerId: Buffer.from('-TS0001-bad-input-01'),
  port: 6881,
  left: 1,
};
const goodTarget = announceTarget(peer);
const close = 'Connection: close\r\n';
const localhost = '7f000001';

/** The query of a good announce with one parameter replaced, or left out. */
function announceWith(name: string, value: string | undefined): string {
  const [path = '', query = ''] = goodTarget.split('?');
  const others = query.split('&').filter((parameter) => !parameter.startsWith(`${name}=`));
  return `${path}?${[...others, ...(value === undefined ? [] : [`${name}=${value}`])].join('&')}`;
}

const infohash20 = everyByte(peer.infohash);
const bytes = (length: number): string => everyByte(Buffer.alloc(length, 0xe9));

describe('bad input to the tracker', function () {
  this.timeout(30_000);

  let tracker: TrackerProcess;
  let pid: number;

  before(async () => {
    tracker = await startTracker(settings);
    ({ pid } = tracker);
  });

  after(() => tracker.dispose());

  afterEach('the process lives, complains of nothing, and answers the next good announce', async () => {
    expect(tracker.program.exit, tracker.program.describe()).to.equal(undefined);
    expect(tracker.pid).to.equal(pid);
    expect(withoutProxyWarning(tracker.program.stderr)).to.equal('');
    const [reply, ...more] = await exchange(tracker.port, getRequest(goodTarget, close));
    expect(more).to.deep.equal([]);
    expect(announceReplyOf(replyOf(reply)).externalIp).to.equal(localhost);
  });

  function replyOf(reply: HttpReply | undefined): HttpReply {
    if (reply === undefined) throw new Error(`no reply; ${tracker.program.describe()}`);
    return reply;
  }

  /** Sends one request and expects exactly one reply to it. */
  async function ask(request: string): Promise<HttpReply> {
    const [reply, ...more] = await exchange(tracker.port, request);
    expect(
      more.map(({ head }) => head),
      'replies after the first',
    ).to.deep.equal([]);
    return replyOf(reply);
  }

  const get = (target: string): Promise<HttpReply> => ask(getRequest(target, close));

  /** A plain HTTP error with one line that says why. */
  function expectPlain(reply: HttpReply, status: number, reason: string): void {
    expect(reply.status).to.equal(status);
    expect(reply.head).to.match(/^content-type: text\/plain$/im);
    expect(reply.body.toString('latin1')).to.equal(`${reason}\n`);
  }

  describe('is answered with a bencoded failure that says what is wrong:', () => {
    const announces: [sentence: string, target: string, reason: string][] = [
      ['an announce without a query', '/announce', 'missing info_hash'],
      ['an announce with an empty query', '/announce?', 'missing info_hash'],
      ['an announce without info_hash', announceWith('info_hash', undefined), 'missing info_hash'],
      ['an info_hash of no bytes', announceWith('info_hash', ''), 'info_hash is not 20 bytes'],
      ['an info_hash of 19 bytes', announceWith('info_hash', bytes(19)), 'info_hash is not 20 bytes'],
      ['an info_hash of 21 bytes', announceWith('info_hash', bytes(21)), 'info_hash is not 20 bytes'],
      ['an info_hash in hex', announceWith('info_hash', 'e9'.repeat(20)), 'info_hash is not 20 bytes'],
      ['an info_hash of 4,000 bytes', announceWith('info_hash', bytes(4000)), 'info_hash is not 20 bytes'],
      ['two info_hash', `${goodTarget}&info_hash=${bytes(20)}`, 'more than one info_hash'],
      ['the same info_hash twice', `${goodTarget}&info_hash=${infohash20}`, 'more than one info_hash'],
      [
        'an escape that ends after the percent sign',
        announceWith('info_hash', `${bytes(19)}%`),
        'malformed info_hash',
      ],
      [
        'an escape that ends after one digit',
        announceWith('info_hash', `${bytes(19)}%e`),
        'malformed info_hash',
      ],
      [
        'an escape with letters that are no digits',
        announceWith('info_hash', `${bytes(19)}%g0`),
        'malformed info_hash',
      ],
      ['an escape with a sign', announceWith('info_hash', `${bytes(19)}%-1`), 'malformed info_hash'],
      [
        'an escape of a Unicode character',
        announceWith('info_hash', `${bytes(19)}%u00e9`),
        'malformed info_hash',
      ],
      ['a peer_id that is missing', announceWith('peer_id', undefined), 'missing peer_id'],
      ['a peer_id of 19 bytes', announceWith('peer_id', bytes(19)), 'peer_id is not 20 bytes'],
      ['a peer_id of 21 bytes', announceWith('peer_id', bytes(21)), 'peer_id is not 20 bytes'],
      ['a peer_id with a broken escape', announceWith('peer_id', `${bytes(19)}%`), 'malformed peer_id'],
      ['a port that is missing', announceWith('port', undefined), 'missing port'],
      ...[
        '65536',
        '99999',
        'abc',
        '-1',
        '%2B1',
        '',
        '1.5',
        '1e3',
        '0x1ae1',
        '6 1',
        '6881;',
        '%00',
        '6881%00',
        '9'.repeat(4000),
      ].map((port): [string, string, string] => [
        `port=${port.length > 20 ? 'and 4,000 digits' : port}`,
        announceWith('port', port.replace(' ', '%20')),
        'port is not a number from 0 to 65535',
      ]),
      ['a scrape without info_hash', '/scrape', 'missing info_hash'],
      ['a scrape of an info_hash of 19 bytes', `/scrape?info_hash=${bytes(19)}`, 'info_hash is not 20 bytes'],
      ['a scrape of an info_hash of 21 bytes', `/scrape?info_hash=${bytes(21)}`, 'info_hash is not 20 bytes'],
      ['a scrape with a broken escape', `/scrape?info_hash=${bytes(19)}%f`, 'malformed info_hash'],
      [
        'a scrape of a good info_hash and a bad one',
        `/scrape?info_hash=${infohash20}&info_hash=${bytes(3)}`,
        'info_hash is not 20 bytes',
      ],
      [
        'a scrape of 1,000 empty info_hash',
        `/scrape?${'info_hash&'.repeat(1000)}`,
        'info_hash is not 20 bytes',
      ],
    ];
    for (const [sentence, target, reason] of announces) {
      it(sentence, async () => {
        expect(failureOf(await get(target))).to.equal(reason);
      });
    }
  });

  describe('is taken for what it can mean:', () => {
    const swarm = { ...peer, infohash: Buffer.alloc(20, 0xa7) };

    before(async () => {
      const peers = Array.from({ length: 250 }, (_, i) => ({
        ...swarm,
        peerId: Buffer.from(`-TS0001-numwant-${String(i).padStart(4, '0')}`),
        port: 10_000 + i,
      }));
      await overConnections(
        tracker.port,
        { connections: 2, inFlight: 50 },
        peers,
        async (connection, one) => {
          announceReplyOf(await connection.get(announceTarget(one)));
        },
      );
    });

    for (const [numwant, expected] of [
      ['-1', 50],
      ['-99999999999999999999', 50],
      ['many', 50],
      ['%00', 50],
      ['', 50],
      ['0', 0],
      ['99999999999999999999', 200],
      ['9'.repeat(4000), 200],
    ] as const) {
      it(`numwant=${numwant.slice(0, 30)} gives ${expected} peers`, async () => {
        const reply = announceReplyOf(await get(announceTarget(swarm, `&numwant=${numwant}`)));
        expect(reply.ports).to.have.lengthOf(expected);
      });
    }

    for (const left of ['-1', 'NaN', '', '%00', '-99999999999999999999999', '9'.repeat(4000), '1e9', '0x0']) {
      it(`left=${left.slice(0, 30)} is a leecher`, async () => {
        const alone = { ...peer, infohash: Buffer.alloc(20, `left ${left}`) };
        const target = announceTarget(alone).replace('&left=1', `&left=${left}`);
        const { complete, incomplete } = announceReplyOf(await get(target));
        expect([complete, incomplete]).to.deep.equal([0, 1]);
      });
    }

    it('an event that nobody knows is none', async () => {
      announceReplyOf(await get(`${goodTarget}&event=%00exploded`));
    });

    it('an infohash and a peer id of NUL bytes alone are as good as any', async () => {
      const nothing = { ...peer, infohash: Buffer.alloc(20), peerId: Buffer.alloc(20) };
      announceReplyOf(await get(announceTarget(nothing)));
      const files = scrapeReplyOf(await get(scrapeTarget([nothing.infohash])));
      expect(files.get('00'.repeat(20))?.incomplete).to.equal(1);
    });

    it('broken escapes in parameters that nobody reads change nothing', async () => {
      announceReplyOf(await get(`${goodTarget}&key=%&%zz=%f&trackerid=%%%&=&&&%`));
    });

    it('10,000 empty parameters change nothing', async () => {
      announceReplyOf(await get(`${goodTarget}${'&'.repeat(10_000)}`));
    });

    it('a URI of nearly 16 KB is read like a short one', async () => {
      announceReplyOf(await get(`${goodTarget}&x=${'a'.repeat(15_500)}`));
    });

    it('of more hashes than a scrape may have, the first 100 are answered', async () => {
      const infohashes = Array.from({ length: 200 }, (_, i) => Buffer.alloc(20, `swarm number ${i + 1000}!`));
      const files = scrapeReplyOf(await get(scrapeTarget(infohashes, leastAndPlus)));
      expect([...files.keys()]).to.deep.equal(
        infohashes.slice(0, 100).map((infohash) => infohash.toString('hex')),
      );
    });

    it('headers that only a gateway may set are not believed', async () => {
      const headers = 'X-Real-IP: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\nX-Original-URI: /announce\r\n';
      const reply = announceReplyOf(await ask(getRequest(goodTarget, headers + close)));
      expect(reply.externalIp).to.equal(localhost);
    });
  });

  describe('is refused with a plain HTTP error:', () => {
    const request = (line: string, headers = close, body = ''): string =>
      `${line}\r\nHost: a\r\n${headers}\r\n${body}`;
    const good = `GET ${goodTarget} HTTP/1.1`;
    const notHttp = 'this is not HTTP';
    const notAllowed = 'method not allowed';
    const tooLong = 'request line and headers are longer than 16 KB';
    const refused: [sentence: string, request: string, status: number, reason: string][] = [
      ['a raw NUL byte in the query', request(`GET ${goodTarget}&x=\0 HTTP/1.1`), 400, notHttp],
      ['a raw NUL byte in a header', request(good, `X: \0\r\n${close}`), 400, notHttp],
      [
        'an info_hash of raw bytes from 0x80 up',
        request(`GET ${announceWith('info_hash', '\xe9'.repeat(20))} HTTP/1.1`),
        400,
        notHttp,
      ],
      ['a raw space in the query', request(`GET ${goodTarget}&x=a b HTTP/1.1`), 400, notHttp],
      [
        'a URI of more than 16 KB',
        request(`GET ${goodTarget}&x=${'a'.repeat(16_384)} HTTP/1.1`),
        431,
        tooLong,
      ],
      [
        'an announce with 10,000 parameters',
        request(`GET ${goodTarget}${'&a=1'.repeat(10_000)} HTTP/1.1`),
        431,
        tooLong,
      ],
      [
        'a scrape with 10,000 parameters',
        request(`GET /scrape?${'info_hash&'.repeat(10_000)} HTTP/1.1`),
        431,
        tooLong,
      ],
      ['a header of more than 16 KB', request(good, `X: ${'a'.repeat(16_384)}\r\n`), 431, tooLong],
      ['20,000 headers', request(good, 'X: a\r\n'.repeat(20_000)), 431, tooLong],
      ['a header without a colon', request(good, `nonsense\r\n${close}`), 400, notHttp],
      ['a header without a name', request(good, `: a\r\n${close}`), 400, notHttp],
      ['a folded header', request(good, `X: a\r\n b\r\n${close}`), 400, notHttp],
      ...['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'].map(
        (method): [string, string, number, string] => [
          `${method} of an announce`,
          request(`${method} ${goodTarget} HTTP/1.1`),
          405,
          notAllowed,
        ],
      ),
      [
        'POST with a body',
        request(`POST ${goodTarget} HTTP/1.1`, `Content-Length: 3\r\n${close}`, 'abc'),
        405,
        notAllowed,
      ],
      ['CONNECT to another host', request('CONNECT example.org:443 HTTP/1.1'), 405, notAllowed],
      ['OPTIONS for the whole server', request('OPTIONS * HTTP/1.1'), 405, notAllowed],
      ['a method that nobody knows', request(`ANNOUNCE ${goodTarget} HTTP/1.1`), 400, notHttp],
      ['a method in lower case', request(`get ${goodTarget} HTTP/1.1`), 400, notHttp],
      ...[
        '/announce/',
        '/Announce',
        '/announce.php',
        '//announce',
        '/a/../announce',
        '/announc%65',
        '/scrape/',
        '/favicon.gif',
        '*',
      ].map((path): [string, string, number, string] => [
        `the path ${path}`,
        request(`GET ${path}?info_hash=a HTTP/1.1`),
        404,
        'not found',
      ]),
      ['a target that is an authority', request('GET tracker.test:80 HTTP/1.1'), 400, notHttp],
      ['no target', request('GET  HTTP/1.1'), 400, notHttp],
      ['HTTP/1.1 without Host', `${good}\r\n${close}\r\n`, 400, 'missing Host'],
      ['HTTP/9.9', request(`GET ${goodTarget} HTTP/9.9`), 400, notHttp],
      ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, notHttp],
      ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, notHttp],
      ['a handshake of a BitTorrent peer', `\x13BitTorrent protocol${'\0'.repeat(48)}`, 400, notHttp],
      [
        'a connect request of the UDP tracker protocol',
        '\0\0\x04\x17\x27\x10\x19\x80\0\0\0\0abcd',
        400,
        notHttp,
      ],
    ];
    for (const [sentence, bytesToSend, status, reason] of refused) {
      it(sentence, async () => {
        expectPlain(await ask(bytesToSend), status, reason);
      });
    }
  });

  describe('that could smuggle a second request past a proxy is refused, and nothing after it is answered:', () => {
    const hidden = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';
    const withHeaders = (headers: string, body: string): string =>
      `${getRequest(goodTarget, headers)}${body}${hidden}`;
    const shapes: [sentence: string, request: string][] = [
      [
        'Content-Length before Transfer-Encoding',
        withHeaders('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
      ],
      [
        'Transfer-Encoding before Content-Length',
        withHeaders('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
      ],
      ['an unknown Transfer-Encoding', withHeaders('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
      [
        'two Transfer-Encoding',
        withHeaders('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', '0\r\n\r\n'),
      ],
      ['a space before the colon', withHeaders('Transfer-Encoding : chunked\r\n', '0\r\n\r\n')],
      ['two different Content-Length', withHeaders('Content-Length: 0\r\nContent-Length: 5\r\n', '')],
      ['a list of Content-Length', withHeaders('Content-Length: 0, 5\r\n', '')],
      ['a negative Content-Length', withHeaders('Content-Length: -1\r\n', '')],
      ['a Content-Length with a sign', withHeaders('Content-Length: +0\r\n', '')],
      ['a Content-Length beyond 64 bits', withHeaders('Content-Length: 99999999999999999999999\r\n', '')],
      ['line ends of a bare line feed', `GET ${goodTarget} HTTP/1.1\nHost: a\n\n${hidden}`],
      ['line ends of a bare carriage return', `GET ${goodTarget} HTTP/1.1\rHost: a\r\r${hidden}`],
      ['a bare line feed within a header', withHeaders('X: a\nContent-Length: 34\r\n', '')],
    ];
    for (const [sentence, bytesToSend] of shapes) {
      it(sentence, async () => {
        expectPlain(await ask(bytesToSend), 400, 'this is not HTTP');
      });
    }

    it('a chunk whose length is no number, after the reply to its request', async () => {
      const replies = await exchange(tracker.port, withHeaders('Transfer-Encoding: chunked\r\n', 'zz\r\n'));
      expect(replies.length).to.be.within(1, 2);
      expect(replies.at(-1)?.status).to.equal(400);
    });
  });

  describe('that is HTTP, however odd, is answered as HTTP:', () => {
    it('HTTP/1.0 without Host, and the connection is closed', async () => {
      announceReplyOf(await ask(`GET ${goodTarget} HTTP/1.0\r\n\r\n`));
    });

    it('HEAD, without joining a swarm by it', async () => {
      const infohash = Buffer.alloc(20, 0x4d);
      const target = announceTarget({ ...peer, infohash });
      expect((await ask(`HEAD ${target} HTTP/1.1\r\nHost: a\r\n${close}\r\n`)).status).to.equal(200);
      const counts = scrapeReplyOf(await get(scrapeTarget([infohash]))).get(infohash.toString('hex'));
      expect(counts?.incomplete).to.equal(0);
    });

    it('a target in absolute form, as a forward proxy is sent it', async () => {
      announceReplyOf(await get(`http://tracker.test${goodTarget}`));
    });

    it('an expectation, known or not', async () => {
      for (const expectation of ['100-continue', 'the-unexpected']) {
        const replies = await exchange(
          tracker.port,
          getRequest(goodTarget, `Expect: ${expectation}\r\n${close}`),
        );
        announceReplyOf(replyOf(replies.at(-1)));
      }
    });

    it('an offer to upgrade, which is not taken', async () => {
      announceReplyOf(
        await ask(getRequest(goodTarget, 'Connection: Upgrade, close\r\nUpgrade: websocket\r\n')),
      );
    });

    it('2,000 headers that fit into 16 KB', async () => {
      announceReplyOf(await ask(getRequest(goodTarget, 'A: b\r\n'.repeat(2000) + close)));
    });

    it('empty lines before the request', async () => {
      announceReplyOf(await ask(`\r\n\r\n${getRequest(goodTarget, close)}`));
    });

    it('a GET with a body, which is not taken for the next request', async () => {
      const body = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';
      for (const framed of [
        getRequest(goodTarget, `Content-Length: ${body.length}\r\n`) + body,
        `${getRequest(goodTarget, 'Transfer-Encoding: chunked\r\n')}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      ]) {
        const replies = await exchange(
          tracker.port,
          framed + getRequest(scrapeTarget([peer.infohash]), close),
        );
        expect(replies).to.have.lengthOf(2);
        announceReplyOf(replyOf(replies[0]));
        scrapeReplyOf(replyOf(replies[1]));
      }
    });

    it('good and bad requests in one write, in their order', async () => {
      const targets = [
        goodTarget,
        '/nowhere',
        announceWith('port', '65536'),
        scrapeTarget([peer.infohash]),
        '/health',
      ];
      const many = Array.from({ length: 20 }, () => targets).flat();
      const replies = await exchange(
        tracker.port,
        [...many.map((target) => getRequest(target)), getRequest('/nowhere', close)].join(''),
      );
      expect(replies).to.have.lengthOf(many.length + 1);
      for (const [i, reply] of replies.slice(0, -1).entries()) {
        switch (i % targets.length) {
          case 0:
            announceReplyOf(reply);
            break;
          case 1:
            expectPlain(reply, 404, 'not found');
            break;
          case 2:
            expect(failureOf(reply)).to.equal('port is not a number from 0 to 65535');
            break;
          case 3:
            scrapeReplyOf(reply);
            break;
          default:
            expectPlain(reply, 200, 'ok');
        }
      }
    });

    it('what came before a bad request in the same write, and nothing after it', async () => {
      const replies = await exchange(
        tracker.port,
        `${getRequest('/health')}nonsense\r\n\r\n${getRequest('/health')}`,
      );
      expect(replies.length).to.be.within(1, 2);
      expect(replies.at(-1)?.status).to.equal(400);
    });
  });

  describe('that does not end is ended by the tracker:', () => {
    const late = 'the request did not arrive in time';

    for (const [sentence, part] of [
      ['nothing at all', ''],
      ['empty lines', '\r\n\r\n'],
      ['half a request line', `GET ${goodTarget.slice(0, 30)}`],
      ['half a header', `GET ${goodTarget} HTTP/1.1\r\nHost: a\r\nX-Some`],
    ] as const) {
      it(sentence, async () => {
        const startMs = performance.now();
        const conversation = await Conversation.open(tracker.port);
        conversation.send(part);
        const [reply, ...more] = await conversation.untilClosed(requestTimeoutMs + slackMs);
        expect(performance.now() - startMs).to.be.above(headersTimeoutMs * 0.9);
        expectPlain(replyOf(reply), 408, late);
        expect(more).to.deep.equal([]);
      });
    }

    for (const [sentence, headers, part] of [
      ['half a body', 'Content-Length: 100\r\n', 'abc'],
      ['half a chunk', 'Transfer-Encoding: chunked\r\n', '5\r\nab'],
    ] as const) {
      it(`${sentence}, after the reply to its request`, async () => {
        const replies = await exchange(
          tracker.port,
          getRequest(goodTarget, headers) + part,
          requestTimeoutMs + slackMs,
        );
        announceReplyOf(replyOf(replies[0]));
        expect(replies.slice(1).map(({ status }) => status)).to.deep.equal([408]);
      });
    }

    it('a request of which a byte comes now and then', async () => {
      const conversation = await Conversation.open(tracker.port);
      const deadline = performance.now() + requestTimeoutMs + slackMs;
      for (const character of getRequest(goodTarget)) {
        if (conversation.isOver || performance.now() > deadline) break;
        conversation.send(character);
        await delay(20);
      }
      const [reply] = await conversation.untilClosed(slackMs);
      expectPlain(replyOf(reply), 408, late);
    });

    it('a body of which a chunk comes now and then', async () => {
      const conversation = await Conversation.open(tracker.port);
      const deadline = performance.now() + requestTimeoutMs + slackMs;
      conversation.send(getRequest(goodTarget, 'Transfer-Encoding: chunked\r\n'));
      while (!conversation.isOver && performance.now() < deadline) {
        conversation.send('1\r\na\r\n');
        await delay(20);
      }
      const replies = await conversation.untilClosed(slackMs);
      announceReplyOf(replyOf(replies[0]));
    });

    it('a connection that is kept for requests that do not come', async () => {
      const replies = await exchange(tracker.port, getRequest(goodTarget), requestTimeoutMs + slackMs);
      expect(replies).to.have.lengthOf(1);
    });
  });

  describeWith([linux], 'from clients that are gone before or amid their replies', () => {
    it('leaves nothing behind', async () => {
      const openAtFirst = await openFiles(pid);
      const requests = getRequest(
        announceTarget({ ...peer, infohash: Buffer.alloc(20, 0xa7) }, '&numwant=200'),
      ).repeat(200);
      for (let client = 0; client < 100; client++) {
        const { socket } = await Conversation.open(tracker.port);
        socket.write(requests, 'latin1');
        if (client % 2 === 0) await new Promise((resolve) => socket.once('data', resolve));
        if (client % 3 === 0) socket.destroy();
        else socket.resetAndDestroy();
      }
      await eventually('the connections are closed', 5000, async () => (await openFiles(pid)) <= openAtFirst);
    });
  });

  it('bad requests on some connections do not hold up good ones on another', async () => {
    const bad = Array.from({ length: 200 }, async (_, i) => {
      const part = i % 2 === 0 ? 'GET /announce?' : `GET /announce?${'&'.repeat(16_000)}`;
      const conversation = await Conversation.open(tracker.port);
      conversation.send(part);
      return conversation.untilClosed(requestTimeoutMs + slackMs + 5000);
    });
    const connection = await PipelinedConnection.open(tracker.port);
    for (let i = 0; i < 100; i++) announceReplyOf(await connection.get(goodTarget));
    connection.close();
    for (const [reply] of await Promise.all(bad)) expect(reply?.status).to.equal(408);
  });
});
