import { expect } from 'chai';

import { httpReply, webActionParams } from '../../../deploy/standalone/edge.js';

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
    expect(reply.body.equals(bytes)).to.equal(true);
  });

  it('refuses what is no result of an action', () => {
    expect(() => httpReply({} as never)).to.throw(TypeError);
    expect(() => httpReply({ statusCode: 200, headers: {} } as never)).to.throw(TypeError);
  });
});
