import { isIPv4, isIPv6 } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { formatAddress, parseAddress } from '../../lib/bittorrent/address.js';

function hexOf(text: string): string | undefined {
  const bytes = parseAddress(text);
  return bytes && Buffer.from(bytes).toString('hex');
}

function bytesOf(text: string): Uint8Array {
  return parseAddress(text) ?? expect.fail(`not an address: ${text}`);
}

const anyV6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** IPv6 addresses with the runs of zeros that make their text interesting. */
const sparseV6 = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constant(1), fc.nat({ max: 0xffff })), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));

describe('parseAddress', () => {
  it('reads IPv4 addresses as 4 bytes', () => {
    expect(hexOf('192.0.2.1')).to.equal('c0000201');
    expect(hexOf('0.0.0.0')).to.equal('00000000');
    expect(hexOf('255.255.255.255')).to.equal('ffffffff');
  });

  it('reads IPv6 addresses as 16 bytes', () => {
    expect(hexOf('2001:db8::1')).to.equal('20010db8000000000000000000000001');
    expect(hexOf('2001:DB8:0:0:0:0:0:1')).to.equal('20010db8000000000000000000000001');
    expect(hexOf('::')).to.equal('00'.repeat(16));
    expect(hexOf('::1')).to.equal(`${'00'.repeat(15)}01`);
    expect(hexOf('1::')).to.equal(`0001${'00'.repeat(14)}`);
    expect(hexOf('1:2:3:4:5:6:7::')).to.equal('00010002000300040005000600070000');
    expect(hexOf('::2:3:4:5:6:7:8')).to.equal('00000002000300040005000600070008');
    expect(hexOf('64:ff9b::192.0.2.1')).to.equal('0064ff9b0000000000000000c0000201');
    expect(hexOf('1:2:3:4:5:6:192.0.2.1')).to.equal('000100020003000400050006c0000201');
  });

  it('takes an IPv4-mapped address for the IPv4 address, however it is written', () => {
    for (const text of [
      '::ffff:192.0.2.1',
      '::FFFF:c000:201',
      '0:0:0:0:0:ffff:192.0.2.1',
      '::ffff:192.0.2.1%eth0',
    ]) {
      expect(hexOf(text), text).to.equal('c0000201');
    }
  });

  it('keeps other addresses with an IPv4 part as IPv6', () => {
    expect(hexOf('::192.0.2.1')).to.equal(`${'00'.repeat(12)}c0000201`);
  });

  it('drops the zone of an IPv6 address', () => {
    expect(hexOf('fe80::1%eth0')).to.equal('fe800000000000000000000000000001');
    expect(hexOf('fe80::1%25')).to.equal('fe800000000000000000000000000001');
  });

  it('refuses any other text', () => {
    const texts = [
      '',
      ' ',
      '1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.',
      '.1.2.3',
      '1..2.3',
      '256.0.0.1',
      '01.2.3.4',
      '1.2.3.00',
      '1.2.3.4 ',
      '-1.2.3.4',
      '1e1.2.3.4',
      '0x7f.0.0.1',
      '1.2.3.4:80',
      '1.2.3.4%eth0',
      '192.0.2.1\u0000',
      '\u0661.2.3.4',
      ':',
      ':::',
      '1:',
      ':1',
      '1:2',
      '1::2::3',
      '1:::2',
      '12345::',
      'g::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7:8::',
      '::1:2:3:4:5:6:7:8',
      '1:2:3:4::5:6:7:8',
      '1:2:3:4:5:6:7:8:',
      ':1:2:3:4:5:6:7:8',
      '::1.2.3',
      '::1.2.3.4:1',
      '1.2.3.4::',
      '1:2:3:4:5:6:7:1.2.3.4',
      '1:2:3:4:5:1.2.3.4',
      '::1.2.3.04',
      '::.1.2.3',
      '[::1]',
      '[::1]:80',
      '::1%',
      '%',
      '%eth0',
      '::1/64',
      'localhost',
      'tracker.example',
      ' ::1',
      '::\u0661',
    ];
    for (const text of texts) expect(parseAddress(text), JSON.stringify(text)).to.equal(undefined);
  });

  it('takes exactly what the platform takes for an address, zones aside', () => {
    const piece = fc.constantFrom(
      '0',
      '1',
      'ff',
      'FFFF',
      '12345',
      '255',
      '256',
      '01',
      '::',
      ':',
      '.',
      '1.2.3.4',
      'g',
      ' ',
    );
    const nearly = fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join(''));
    const colons = fc
      .array(fc.constantFrom('0', '1', 'ffff', '', '1.2.3.4'), { maxLength: 10 })
      .map((groups) => groups.join(':'));
    fc.assert(
      fc.property(fc.oneof(nearly, colons, fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
        fc.pre(!text.includes('%'));
        expect(parseAddress(text) !== undefined, JSON.stringify(text)).to.equal(isIPv4(text) || isIPv6(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('reads IPv6 addresses as the URL parser does', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const bytes = bytesOf(text);
        if (bytes.length === 16)
          expect(bytesOf(new URL(`http://[${text}]`).hostname.slice(1, -1))).to.deep.equal(bytes);
      }),
    );
  });
});

describe('formatAddress', () => {
  it('writes IPv4 addresses in dotted decimal', () => {
    expect(formatAddress(Uint8Array.of(192, 0, 2, 255))).to.equal('192.0.2.255');
  });

  it('writes IPv6 addresses as RFC 5952 says', () => {
    const canonical = [
      '2001:db8::1',
      '::',
      '::1',
      '1::',
      '2001:db8::1:0:0:1',
      '2001:0:0:1::1',
      '2001:db8:0:1:1:1:1:1',
      '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1',
      '0:1:2:3:4:5:6:7',
      '1:2:3:4:5:6::',
      '::3:4:5:6:7:8',
      '1:0:3:0:5:0:7:0',
    ];
    for (const text of canonical) expect(formatAddress(bytesOf(text)), text).to.equal(text);
  });

  it('writes an IPv4-mapped address with its IPv4 part in dotted decimal', () => {
    expect(formatAddress(Buffer.from('00000000000000000000ffffc0000201', 'hex'))).to.equal(
      '::ffff:192.0.2.1',
    );
  });

  it('writes what reads back as the same address, as the URL parser writes it', () => {
    fc.assert(
      fc.property(fc.oneof(anyV6, sparseV6), (bytes) => {
        const text = formatAddress(bytes);
        expect(isIPv6(text)).to.equal(true);
        const read = bytesOf(text);
        if (read.length === 4) return;
        expect(read).to.deep.equal(bytes);
        expect(new URL(`http://[${text}]`).hostname).to.equal(`[${text}]`);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what is not 4 or 16 bytes', () => {
    for (const length of [0, 3, 5, 15, 17]) {
      expect(() => formatAddress(new Uint8Array(length)), String(length)).to.throw(RangeError);
    }
  });
});
