import { expect } from 'chai';
import { exchange } from '../support/raw-http.js';
import { ask, deploy, ECHO, type Answer, type Ask } from './client.js';
import { startOpenWhiskDouble, type OpenWhiskDouble } from './double.js';

describe('the HTTP server below the routes of the double', () => {
  let double: OpenWhiskDouble;

  before(async () => {
    double = await startOpenWhiskDouble({ invocationsPerMinute: 1e6 });
    await deploy(double, 'echo', ECHO);
  });

  after(() => double.close());

  const send = (query: string, how: Ask = {}): Promise<Answer> =>
    ask(`${double.webUrl('echo')}?${query}`, how);

  const statusOfBytes = async (target: string, header = 'X-A: b'): Promise<string> =>
    (
      await exchange(
        double.port,
        `GET ${target} HTTP/1.1\r\nHost: a\r\n${header}\r\nConnection: close\r\n\r\n`,
      )
    ).slice(9, 12);

  it('refuses a bad escape with 400', async () => {
    for (const query of ['a=%', 'a=%4', 'a=%zz']) expect((await send(query)).status, query).to.equal(400);
    expect(await statusOfBytes('/api/v1/web/guest/default/echo/%zz')).to.equal('400');
  });

  it('refuses raw characters that a URI cannot have with 400', async () => {
    for (const character of '[]{}|"<>^\\`') {
      expect(await statusOfBytes(`/api/v1/web/guest/default/echo?a=${character}`), character).to.equal('400');
    }
    expect(await statusOfBytes('/api/v1/web/guest/default/echo?a=\xff')).to.equal('400');
  });

  it('refuses a URI over 8 KB with 414', async () => {
    const path = '/api/v1/web/guest/default/echo?';
    const room = 8192 - path.length;
    expect((await send('a'.repeat(room))).status).to.equal(200);
    expect((await send('a'.repeat(room + 1))).status).to.equal(414);
  });

  it('refuses a header over 8 KB with 431', async () => {
    const withHeader = (length: number): Ask => ({ headers: { 'X-Original-URI': 'a'.repeat(length) } });
    expect((await send('', withHeader(8192))).status).to.equal(200);
    expect((await send('', withHeader(8193))).status).to.equal(431);
  });

  it('refuses the name of a header over 64 characters with 431', async () => {
    const withName = (length: number): Ask => ({ headers: { ['X'.repeat(length)]: 'a' } });
    expect((await send('', withName(64))).status).to.equal(200);
    expect((await send('', withName(65))).status).to.equal(431);
  });

  it('takes 63 headers, and no more', async () => {
    const headers = (count: number): Ask => ({
      headers: Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-${i}`, 'a'])),
    });
    // Host and Connection are two of them.
    expect((await send('', headers(61))).status).to.equal(200);
    expect((await send('', headers(62))).status).to.equal(400);
  });

  it('refuses an IPv6 address without brackets in Host, as libtorrent sends it, with 400', async () => {
    const target = '/api/v1/web/guest/default/echo';
    const statusFor = async (host: string): Promise<string> =>
      (
        await exchange(double.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      ).slice(9, 12);
    for (const host of ['[2001:db8::1]', '[2001:db8::1]:6969', '192.0.2.1:80', 'tracker.example']) {
      expect(await statusFor(host), host).to.equal('200');
    }
    for (const host of ['2001:db8::1', '2001:db8::1:6969']) {
      expect(await statusFor(host), host).to.equal('400');
    }
  });

  it('refuses raw bytes above 0x7f in a header', async () => {
    const target = '/api/v1/web/guest/default/echo';
    expect(await statusOfBytes(target, 'X-Original-URI: /announce?a=%ff')).to.equal('200');
    expect(await statusOfBytes(target, 'X-Original-URI: /announce?a=\xff')).to.equal('400');
  });

  it('refuses a body over 1 MB with 413', async () => {
    const body = (length: number): Ask => ({ method: 'POST', body: Buffer.alloc(length, 'a') });
    expect((await send('', body(700_000))).status).to.equal(200);
    expect((await send('', body(1_048_577))).status).to.equal(413);
  });
});
