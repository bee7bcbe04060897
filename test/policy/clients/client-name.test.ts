import { expect } from 'chai';
import fc from 'fast-check';

import { clientName } from '../../../lib/policy/clients/client-name.js';

describe('the name of a client', () => {
  for (const [peerId, name] of [
    ['-TR4050-abcdefghijkl', 'Transmission 4.0.5 (-TR4050-)'],
    ['-qB4650-abcdefghijkl', 'qBittorrent 4.6.5 (-qB4650-)'],
    ['-lt0D80-abcdefghijkl', 'rTorrent 0.D.8 (-lt0D80-)'],
    ['-ZZ1200-abcdefghijkl', '-ZZ1200-'],
    ['A2-1-36-0-abcdefghij', 'aria2 1.36.0 (A2-1-36-0-)'],
    ['M7-9-1--abcdefghijkl', 'Mainline (M7-9-1)'],
    ['T03I-----abcdefghijk', 'BitTornado (T03I)'],
    ['exbcabcdefghijklmnop', 'the client exbcabcd'],
    ['\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0', 'this client'],
  ] as const) {
    it(`of ${JSON.stringify(peerId)} is ${name}`, () => {
      expect(clientName(Buffer.from(peerId))).to.equal(name);
    });
  }

  it('has nothing of any peer id but letters, digits and dashes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (peerId) => {
        expect(clientName(peerId)).to.match(/^[A-Za-z0-9.() -]{1,60}$/);
      }),
    );
  });
});
