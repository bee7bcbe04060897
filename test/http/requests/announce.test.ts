import { expect } from 'chai';
import fc from 'fast-check';
import { parseAnnounce, type HttpAnnounceRequest } from '../../../lib/http/requests.js';
import {
  clientErrorOf,
  escapeBytes,
  escapedHash,
  expectAtMostClientError,
  queryLikeText,
} from '../support.js';

const FROM = Uint8Array.of(192, 0, 2, 1);
const INFOHASH = 'info_hash=aaaaaaaaaaaaaaaaaaaa';
const PEER_ID = 'peer_id=-TR4060-abcdefghijkl';
const PORT = 'port=6881';
const GOOD = `${INFOHASH}&${PEER_ID}&${PORT}`;

function parse(query: string): HttpAnnounceRequest {
  return parseAnnounce(query, FROM);
}

function expectFailure(query: string, reason: string): void {
  const error = clientErrorOf(() => parse(query));
  expect(error.message, query).to.equal(reason);
  expect(error.retryIn, query).to.equal('never');
}

describe('parseAnnounce', () => {
  it('reads an announce as a client sends it', () => {
    const request = parse(
      'info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A&peer_id=-qB4650-9wPc2kQz1)Ab&port=51413&uploaded=0' +
        '&downloaded=0&left=123456789&corrupt=0&key=8AB3F1C2&event=started&numwant=80&compact=1&no_peer_id=1&ip=192.0.2.7',
    );
    expect(request).to.deep.equal({
      front: 'http',
      from: FROM,
      passkey: undefined,
      infohash: Buffer.from('123456789abcdef123456789abcdef123456789a', 'hex'),
      peerId: Buffer.from('-qB4650-9wPc2kQz1)Ab'),
      port: 51413,
      uploaded: 0,
      downloaded: 0,
      left: 123456789,
      event: 'started',
      numwant: 80,
      withIds: false,
      claimedAddress: Uint8Array.of(192, 0, 2, 7),
      compact: true,
    });
  });

  it('needs info_hash, peer_id and port, and has a default for everything else', () => {
    expect(parse(GOOD)).to.deep.equal({
      front: 'http',
      from: FROM,
      passkey: undefined,
      infohash: Buffer.alloc(20, 'a'),
      peerId: Buffer.from('-TR4060-abcdefghijkl'),
      port: 6881,
      uploaded: undefined,
      downloaded: undefined,
      left: undefined,
      event: 'none',
      numwant: undefined,
      withIds: false,
      claimedAddress: undefined,
      compact: true,
    });
  });

  describe('info_hash', () => {
    it('must be there', () => {
      expectFailure(`${PEER_ID}&${PORT}`, 'missing info_hash');
      expectFailure('', 'missing info_hash');
    });

    it('must be there once, even if both are the same', () => {
      expectFailure(`${GOOD}&${INFOHASH}`, 'more than one info_hash');
      expectFailure(`${GOOD}&info_hash=bbbbbbbbbbbbbbbbbbbb`, 'more than one info_hash');
      expectFailure(`${GOOD}&%69nfo_hash=bbbbbbbbbbbbbbbbbbbb`, 'more than one info_hash');
    });

    it('must have exactly 20 bytes after unescaping', () => {
      for (const length of [0, 1, 19, 21, 40, 16_384]) {
        expectFailure(`${PEER_ID}&${PORT}&info_hash=${'a'.repeat(length)}`, 'info_hash is not 20 bytes');
        expectFailure(`${PEER_ID}&${PORT}&info_hash=${'%61'.repeat(length)}`, 'info_hash is not 20 bytes');
      }
      expectFailure(`${PEER_ID}&${PORT}&info_hash`, 'info_hash is not 20 bytes');
    });

    it('must not have a broken escape or a raw byte beyond ASCII', () => {
      for (const end of ['%', '%4', '%zz', '\u00e9']) {
        expectFailure(`${PEER_ID}&${PORT}&info_hash=${'a'.repeat(19)}${end}`, 'malformed info_hash');
      }
    });

    it('may hold any of the 256 bytes at any place, escaped or, where a query can show it, as itself', () => {
      for (let byte = 0; byte < 256; byte++) {
        const hash = Buffer.from(Array.from({ length: 20 }, (_, i) => (byte + i * 13) % 256));
        for (const style of ['raw', 'upper', 'lower'] as const) {
          const query = `info_hash=${escapeBytes(hash, () => style)}&${PEER_ID}&${PORT}`;
          expect(parse(query).infohash, query).to.deep.equal(hash);
        }
      }
    });

    it('may have a plus sign for a space', () => {
      expect(parse(`${PEER_ID}&${PORT}&info_hash=${'+'.repeat(20)}`).infohash).to.deep.equal(
        Buffer.alloc(20, ' '),
      );
    });

    it('may have an escaped name', () => {
      expect(parse(`${PEER_ID}&${PORT}&%69nfo%5Fhash=${'b'.repeat(20)}`).infohash).to.deep.equal(
        Buffer.alloc(20, 'b'),
      );
    });
  });

  describe('peer_id', () => {
    it('must be there', () => {
      expectFailure(`${INFOHASH}&${PORT}`, 'missing peer_id');
    });

    it('must have exactly 20 bytes', () => {
      for (const length of [0, 19, 21, 16_384]) {
        expectFailure(`${INFOHASH}&${PORT}&peer_id=${'a'.repeat(length)}`, 'peer_id is not 20 bytes');
      }
    });

    it('must not have a broken escape or a raw byte beyond ASCII', () => {
      expectFailure(`${INFOHASH}&${PORT}&peer_id=${'a'.repeat(19)}%f`, 'malformed peer_id');
      expectFailure(`${INFOHASH}&${PORT}&peer_id=${'a'.repeat(19)}\u00e9`, 'malformed peer_id');
    });
  });

  describe('port', () => {
    it('must be there', () => {
      expectFailure(`${INFOHASH}&${PEER_ID}`, 'missing port');
    });

    it('must be a decimal number from 0 to 65535', () => {
      for (const port of [
        '65536',
        '99999',
        'abc',
        '-1',
        '1e3',
        '0x50',
        '',
        '80.0',
        '%2B80',
        '80%',
        '9'.repeat(500),
      ]) {
        expectFailure(`${INFOHASH}&${PEER_ID}&port=${port}`, 'port is not a number from 0 to 65535');
      }
      expectFailure(`${INFOHASH}&${PEER_ID}&port`, 'port is not a number from 0 to 65535');
    });

    it('may be 0, 1, 65535, or written with leading zeros', () => {
      expect(parse(`${INFOHASH}&${PEER_ID}&port=0`).port).to.equal(0);
      expect(parse(`${INFOHASH}&${PEER_ID}&port=1`).port).to.equal(1);
      expect(parse(`${INFOHASH}&${PEER_ID}&port=65535`).port).to.equal(65535);
      expect(parse(`${INFOHASH}&${PEER_ID}&port=0000006881`).port).to.equal(6881);
    });
  });

  describe('left', () => {
    it('is 0 for a seeder', () => {
      expect(parse(`${GOOD}&left=0`).left).to.equal(0);
      expect(parse(`${GOOD}&left=000`).left).to.equal(0);
      for (const left of ['0%20', '%200', '0+', '0%0d%0a', '+%09%090%20'])
        expect(parse(`${GOOD}&left=${left}`).left, left).to.equal(0);
    });

    it('is never 0 if it is missing, negative or no number, so that such a peer is a leecher', () => {
      for (const left of [
        '',
        '-1',
        '-0',
        'abc',
        '0x0',
        '0.0',
        '%',
        '\u00e9',
        '%2B0',
        '0%200',
        '%20',
        '+',
        '0%00',
      ]) {
        expect(parse(`${GOOD}&left=${left}`).left, left).to.equal(undefined);
      }
    });

    it('is the largest safe integer if it is larger', () => {
      expect(parse(`${GOOD}&left=99999999999999999999`).left).to.equal(Number.MAX_SAFE_INTEGER);
    });
  });

  describe('event', () => {
    for (const event of ['started', 'stopped', 'completed', 'paused'] as const) {
      it(`may be ${event}`, () => {
        expect(parse(`${GOOD}&event=${event}`).event).to.equal(event);
      });
    }

    it('may have blanks around it', () => {
      expect(parse(`${GOOD}&event=stopped%20`).event).to.equal('stopped');
      expect(parse(`${GOOD}&event=%0Acompleted+`).event).to.equal('completed');
    });

    it('counts as none if it is empty or unknown', () => {
      for (const event of ['', 'none', 'update', 'Started', 'started2', 'start', '%', '\u00e9']) {
        expect(parse(`${GOOD}&event=${event}`).event, event).to.equal('none');
      }
    });
  });

  describe('numwant', () => {
    it('is taken as it is, whatever the tracker makes of it', () => {
      expect(parse(`${GOOD}&numwant=1`).numwant).to.equal(1);
      expect(parse(`${GOOD}&numwant=201`).numwant).to.equal(201);
      expect(parse(`${GOOD}&numwant=99999999999999999999`).numwant).to.equal(Number.MAX_SAFE_INTEGER);
    });

    it('may be 0', () => {
      expect(parse(`${GOOD}&numwant=0`).numwant).to.equal(0);
    });

    it('is not said if it is negative or no number', () => {
      for (const numwant of ['', '-1', 'abc', '1e2', '%']) {
        expect(parse(`${GOOD}&numwant=${numwant}`).numwant, numwant).to.equal(undefined);
      }
    });
  });

  it('is for a compact reply unless compact=0', () => {
    expect(parse(`${GOOD}&compact=0`).compact).to.equal(false);
    for (const compact of ['1', '', '2', 'no', '%'])
      expect(parse(`${GOOD}&compact=${compact}`).compact, compact).to.equal(true);
  });

  it('wants peer ids with compact=0, unless no_peer_id=1', () => {
    expect(parse(`${GOOD}&compact=0`).withIds).to.equal(true);
    expect(parse(`${GOOD}&compact=0&no_peer_id=1`).withIds).to.equal(false);
    for (const value of ['0', '', '2'])
      expect(parse(`${GOOD}&compact=0&no_peer_id=${value}`).withIds, value).to.equal(true);
    expect(parse(`${GOOD}&no_peer_id=0`).withIds).to.equal(false);
  });

  describe('ip', () => {
    it('is the claimed address, in bytes', () => {
      const v6 = Uint8Array.from([0x20, 1, 0x0d, 0xb8, ...new Array<number>(11).fill(0), 1]);
      expect(parse(`${GOOD}&ip=192.0.2.7`).claimedAddress).to.deep.equal(Uint8Array.of(192, 0, 2, 7));
      expect(parse(`${GOOD}&ip=2001%3Adb8%3A%3A1`).claimedAddress).to.deep.equal(v6);
      expect(parse(`${GOOD}&ip=2001:db8::1%25eth0`).claimedAddress).to.deep.equal(v6);
    });

    it('is none if it is no address: names are never looked up', () => {
      for (const ip of ['', '%', '%e9', '\u00e9', '1'.repeat(65), 'localhost', 'tracker.example', '1.2.3'])
        expect(parse(`${GOOD}&ip=${ip}`).claimedAddress, ip).to.equal(undefined);
    });
  });

  it('counts the last of a repeated parameter, whatever came before', () => {
    const request = parse(
      'peer_id=short&port=abc&left=0&event=stopped&numwant=1&compact=0&no_peer_id=1&ip=192.0.2.1&' +
        `${GOOD}&left=5&event=completed&numwant=2&compact=1&no_peer_id=0&ip=192.0.2.2`,
    );
    expect(request).to.include({
      port: 6881,
      left: 5,
      event: 'completed',
      numwant: 2,
      compact: true,
      withIds: false,
    });
    expect(request.peerId.toString()).to.equal('-TR4060-abcdefghijkl');
    expect(request.claimedAddress).to.deep.equal(Uint8Array.of(192, 0, 2, 2));
    expect(parse(`${GOOD}&left=0&left=`).left).to.equal(undefined);
    expectFailure(`${GOOD}&port=x`, 'port is not a number from 0 to 65535');
    expectFailure(`${GOOD}&peer_id=${'a'.repeat(19)}`, 'peer_id is not 20 bytes');
  });

  it('skips parameters that it does not know, broken ones too', () => {
    expect(parse(`&=&==&x&%&%zz=%&\u00e9=\u00e9&INFO_HASH=a&${GOOD}&info_hash%00=a&`).port).to.equal(6881);
  });

  it('reads an announce among 10,000 other parameters', () => {
    const others = Array.from({ length: 5000 }, (_, i) => `p${i}=${i}`).join('&');
    expect(parse(`${others}&${GOOD}&${others}`).infohash).to.deep.equal(Buffer.alloc(20, 'a'));
  });

  it('gives each request bytes of its own', () => {
    const one = parse(GOOD);
    parse(`info_hash=${'b'.repeat(20)}&peer_id=${'c'.repeat(20)}&${PORT}`);
    expect(one.infohash).to.deep.equal(Buffer.alloc(20, 'a'));
    expect(one.peerId.toString()).to.equal('-TR4060-abcdefghijkl');
  });

  it('gives back any info_hash and peer_id however they were escaped', () => {
    fc.assert(
      fc.property(escapedHash(), escapedHash(), (hash, id) => {
        const request = parse(`peer_id=${id.text}&info_hash=${hash.text}&${PORT}`);
        expect(request.infohash).to.deep.equal(hash.bytes);
        expect(request.peerId).to.deep.equal(id.bytes);
      }),
    );
  });

  it('throws nothing but a client error, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(queryLikeText(), fc.string({ unit: 'binary' })), (query) => {
        expectAtMostClientError(() => parse(query));
        expectAtMostClientError(() => parse(`${GOOD}&${query}`));
      }),
      { numRuns: 500 },
    );
  });
});
