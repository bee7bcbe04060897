import { createHash } from 'node:crypto';
import { expect } from 'chai';
import bencode from 'bencode';
import fc from 'fast-check';

import { parseTorrent, readTorrentFile, TorrentError } from '../../lib/metainfo/torrent.js';

const hashOf = (algorithm: string, value: object): string =>
  createHash(algorithm).update(bencode.encode(value)).digest('hex').slice(0, 40);
const hexOf = ({ infohashes }: { infohashes: readonly Buffer[] }): string[] =>
  infohashes.map((infohash) => infohash.toString('hex'));
const hex = '0123456789abcdef0123456789abcdef01234567';

describe('A torrent that is named by a text', () => {
  it('is an infohash in hex, of either case, with blanks around it', () => {
    expect(hexOf(parseTorrent(` ${hex.toUpperCase()}\n`))).to.deep.equal([hex]);
  });

  it('is an infohash in base32, as older magnet links have it', () => {
    expect(hexOf(parseTorrent('AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH'))).to.deep.equal([hex]);
    expect(hexOf(parseTorrent('a'.repeat(32)))).to.deep.equal(['0'.repeat(40)]);
  });

  it('is a SHA-256 infohash, of which clients announce the first 20 bytes', () => {
    expect(hexOf(parseTorrent(hex + '89'.repeat(12)))).to.deep.equal([hex]);
  });

  it('is a magnet link with its trackers, each once', () => {
    const link = `magnet:?xt=urn:btih:${hex}&dn=a+name&tr=udp%3A%2F%2Fone%3A1&tr=http%3A%2F%2Ftwo%2Fannounce&tr=udp%3A%2F%2Fone%3A1`;
    expect(parseTorrent(link)).to.deep.equal({
      infohashes: [Buffer.from(hex, 'hex')],
      trackers: ['udp://one:1', 'http://two/announce'],
    });
  });

  it('has both infohashes of a hybrid torrent', () => {
    const link = `magnet:?xt=urn:btih:${hex}&xt=urn:btmh:1220${'ab'.repeat(32)}`;
    expect(hexOf(parseTorrent(link))).to.deep.equal([hex, 'ab'.repeat(20)]);
  });

  it('is refused if it names none', () => {
    for (const text of [
      '',
      'x',
      hex.slice(1),
      `${hex}0`,
      `magnet:?dn=x`,
      `magnet:?xt=urn:sha1:${hex}`,
      '1'.repeat(32),
    ]) {
      expect(() => parseTorrent(text), text).to.throw(TorrentError);
    }
  });

  it('is the same in base32 as in hex, whatever its bytes', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
        const base32 = (bits.match(/.{5}/g) ?? []).map((five) => alphabet[parseInt(five, 2)]).join('');
        expect(hexOf(parseTorrent(base32))).to.deep.equal([Buffer.from(bytes).toString('hex')]);
      }),
    );
  });
});

describe('A torrent file', () => {
  const v1 = { length: 1, name: 'a', 'piece length': 16384, pieces: Buffer.alloc(20, 0xfe) };
  const v2 = { 'file tree': {}, 'meta version': 2, name: 'a', 'piece length': 16384 };
  const file = (metainfo: object): Buffer => Buffer.from(bencode.encode(metainfo));

  it('has the SHA-1 of its info, byte for byte as it is in the file', () => {
    expect(hexOf(readTorrentFile(file({ info: v1 })))).to.deep.equal([hashOf('sha1', v1)]);
    // Its keys are not sorted, which no encoder would repeat.
    const info = 'd4:name1:a6:pieces0:6:lengthi1ee';
    const expected = createHash('sha1').update(info).digest('hex');
    expect(hexOf(readTorrentFile(Buffer.from(`d4:info${info}e`)))).to.deep.equal([expected]);
  });

  it('has the first 20 bytes of the SHA-256 of its info if it is of BEP 52, and both if it is a hybrid', () => {
    expect(hexOf(readTorrentFile(file({ info: v2 })))).to.deep.equal([hashOf('sha256', v2)]);
    const hybrid = { ...v1, ...v2 };
    expect(hexOf(readTorrentFile(file({ info: hybrid })))).to.deep.equal([
      hashOf('sha1', hybrid),
      hashOf('sha256', hybrid),
    ]);
  });

  it('has its trackers, that of announce first', () => {
    const tiers = [['udp://a/', 'http://b/'], ['http://c/']];
    const { trackers } = readTorrentFile(file({ announce: 'http://b/', 'announce-list': tiers, info: v1 }));
    expect(trackers).to.deep.equal(['http://b/', 'udp://a/', 'http://c/']);
  });

  it('is refused if it is none, whatever it is', () => {
    for (const bytes of ['', 'de', 'd4:infodee', 'd4:infoi1ee', '<html>', `d1:a${'l'.repeat(100_000)}`]) {
      expect(() => readTorrentFile(Buffer.from(bytes)), bytes.slice(0, 20)).to.throw(TorrentError);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (noise, at) => {
        const damaged = Buffer.concat([file({ info: v1 }).subarray(0, at), noise]);
        try {
          expect(readTorrentFile(damaged).infohashes[0]).to.have.length(20);
        } catch (error) {
          expect(error).to.be.instanceOf(TorrentError);
        }
      }),
    );
  });
});
