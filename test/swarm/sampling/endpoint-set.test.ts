import { expect } from 'chai';
import fc from 'fast-check';

import { EndpointSet } from '../../../lib/swarm/sampling/endpoint-set.js';

/** Few values, so that many come twice. */
const endpoints = fc
  .constantFrom(6, 18)
  .chain((length) => fc.uint8Array({ minLength: length, maxLength: length, max: 1 }));

describe('the endpoints of a reply', () => {
  it('are a set', () => {
    fc.assert(
      fc.property(fc.array(endpoints, { maxLength: 150 }), (list) => {
        const set = EndpointSet.cleared(list.length);
        const known = new Set<string>();
        for (const endpoint of list) {
          const text = Buffer.from(endpoint).toString('hex');
          expect(set.add(endpoint, 0, endpoint.length)).to.equal(!known.has(text));
          known.add(text);
        }
      }),
    );
  });

  it('are compared where they lie', () => {
    const source = Buffer.from('aabbccddeeff--aabbccddeeff', 'latin1');
    const set = EndpointSet.cleared(4);
    expect(set.add(source, 0, 6)).to.equal(true);
    expect(set.add(source, 14, 6)).to.equal(false);
    expect(set.add(source, 15, 6)).to.equal(true);
  });

  it('of the two families differ, even if one begins like the other', () => {
    const set = EndpointSet.cleared(4);
    expect(set.add(new Uint8Array(18), 0, 6)).to.equal(true);
    expect(set.add(new Uint8Array(18), 0, 18)).to.equal(true);
  });

  it('of one address differ by their ports', () => {
    // More of them than half of the table has room for, so that many meet.
    const ports = Array.from({ length: 128 }, (_, port) => port + 1);
    const set = EndpointSet.cleared(ports.length);
    for (const port of ports) expect(set.addV4(0x7f000001, port), `${port}`).to.equal(true);
    for (const port of ports) expect(set.addV4(0x7f000001, port), `${port}`).to.equal(false);
  });

  it('are none again for the next reply', () => {
    const endpoint = Buffer.alloc(6, 5);
    for (let reply = 0; reply < 10; reply++) {
      expect(EndpointSet.cleared(2).add(endpoint, 0, 6)).to.equal(true);
    }
  });

  it('are as many as a reply can have, and more', () => {
    for (const room of [1000, 5000]) {
      const set = EndpointSet.cleared(room);
      const source = Buffer.alloc(room + 6);
      for (let at = 0; at < room; at++) {
        const endpoint = Buffer.alloc(6);
        endpoint.writeUInt32BE(at);
        endpoint.copy(source, 0);
        const own = Buffer.from(endpoint);
        expect(set.add(own, 0, 6)).to.equal(true);
        expect(set.add(own, 0, 6)).to.equal(false);
      }
    }
  });
});
