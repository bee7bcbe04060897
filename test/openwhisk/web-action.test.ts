import { expect } from 'chai';
import fc from 'fast-check';

import { headerOf, webActionResult } from '../../lib/openwhisk/web-action.js';

describe('a header of a web action', () => {
  it('is the value under its lower-case name', () => {
    expect(headerOf({ __ow_headers: { 'x-real-ip': '192.0.2.1' } }, 'x-real-ip')).to.equal('192.0.2.1');
    expect(headerOf({ __ow_headers: { 'x-real-ip': '' } }, 'x-real-ip')).to.equal('');
  });

  it('is undefined if it is missing or no text', () => {
    for (const headers of [
      undefined,
      null,
      'x-real-ip',
      7,
      {},
      [],
      { 'x-real-ip': 7 },
      { 'x-real-ip': ['a'] },
    ]) {
      expect(headerOf({ __ow_headers: headers }, 'x-real-ip')).to.equal(undefined);
    }
    expect(headerOf({ 'x-real-ip': '192.0.2.1' }, 'x-real-ip')).to.equal(undefined);
  });
});

describe('the result of a web action', () => {
  it('is the reply in base64 under a binary content type, which the controller passes on unharmed', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const result = webActionResult(Buffer.from(bytes));
        expect(result).to.deep.include({
          statusCode: 200,
          headers: { 'Content-Type': 'application/octet-stream' },
        });
        expect(result.body).to.match(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
        expect(Buffer.from(result.body, 'base64')).to.deep.equal(Buffer.from(bytes));
        expect(JSON.parse(JSON.stringify(result))).to.deep.equal(result);
      }),
    );
  });
});
