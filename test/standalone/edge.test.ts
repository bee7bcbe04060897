import { expect } from 'chai';

import { bodyLength, bodyOf, httpReply, webActionParams, writeBody } from '../../lib/standalone/edge.js';

describe('the edge between HTTP and an action', () => {
  it('hands over the untouched request target and the address, and no query', () => {
    expect(webActionParams('/announce?info_hash=%00%ff+%', '2001:db8::1')).to.deep.equal({
      __ow_method: 'get',
      __ow_headers: { 'x-original-uri': '/announce?info_hash=%00%ff+%', 'x-real-ip': '2001:db8::1' },
      __ow_path: '',
    });
  });

  it('turns base64 into the bytes it stands for', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const reply = httpReply({
      statusCode: 200,
      headers: { 'Content-Type': 'application/octet-stream' },
      body: bytes.toString('base64'),
    });
    expect(reply.status).to.equal(200);
    expect(bodyLength(reply)).to.equal(256);
    expect(bodyOf(reply).equals(bytes)).to.equal(true);
    const room = Buffer.alloc(300, 1);
    writeBody(reply, room, 40);
    expect(room.equals(Buffer.concat([Buffer.alloc(40, 1), bytes, Buffer.alloc(4, 1)]))).to.equal(true);
  });

  it('refuses a body that is no base64: nothing is sent that was in memory before', () => {
    for (const body of ['ZDg', 'ZDg=', 'ZDg6aW50', '']) {
      expect(bodyOf({ status: 200, body }).toString('base64url')).to.equal(body.replace('=', ''));
    }
    for (const body of ['****', 'ZDg6 aW5', 'ZDg6\n\n\n\n', 'ZDg6====']) {
      expect(() => bodyOf({ status: 200, body }), body).to.throw(TypeError, 'no base64');
    }
  });

  it('refuses what is no result of an action', () => {
    expect(() => httpReply({} as never)).to.throw(TypeError);
    expect(() => httpReply({ statusCode: 200, headers: {} } as never)).to.throw(TypeError);
  });
});
