import bencode from 'bencode';
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeFailure } from '../../../lib/http/replies.js';
import { decodeCanonical } from '../bencoding.js';

describe('encodeFailure', () => {
  it('has the failure reason alone if there is nothing to say about another try', () => {
    expect(encodeFailure('internal error').toString()).to.equal('d14:failure reason14:internal errore');
  });

  it('says in minutes when to try again', () => {
    expect(encodeFailure('try later', 5).toString()).to.equal('d14:failure reason9:try later8:retry ini5ee');
  });

  it('says that another try is useless', () => {
    expect(encodeFailure('missing port', 'never').toString()).to.equal(
      'd14:failure reason12:missing port8:retry in5:nevere',
    );
  });

  it('measures the reason in bytes', () => {
    expect(encodeFailure('\u00e9').toString()).to.equal('d14:failure reason2:\u00e9e');
  });

  it('is canonical and read back by the bencode package', () => {
    const retryIn = fc.oneof(fc.nat(), fc.constant('never' as const));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), retryIn, (reason, minutes) => {
        const reply = encodeFailure(reason, minutes);
        decodeCanonical(reply);
        const decoded = bencode.decode(reply) as Record<string, Uint8Array | number>;
        expect(decoded['failure reason']).to.deep.equal(new Uint8Array(Buffer.from(reason)));
        expect(decoded['retry in']).to.deep.equal(
          minutes === 'never' ? new Uint8Array(Buffer.from('never')) : minutes,
        );
      }),
    );
  });
});
