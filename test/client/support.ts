import { expect } from 'chai';
import fc from 'fast-check';

import type { AnnounceEvent } from '../../lib/bittorrent/announce.js';
import type { ClientAnnounce } from '../../lib/client/exchange.js';
import { TrackerError } from '../../lib/client/tracker-error.js';

export const someAnnounce: ClientAnnounce = {
  infohash: Buffer.from('ff00aabbccddeeff00112233445566778899aabb', 'hex'),
  peerId: Buffer.from('-TE0001-\xe9\x00\xff123456789', 'latin1'),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 1000,
  event: 'started',
  numwant: undefined,
};

export function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** Announces of all kinds. @param maxNumwant as many peers as an answer may have */
export function announces(maxNumwant: number): fc.Arbitrary<ClientAnnounce> {
  return fc.record({
    infohash: bytes(20),
    peerId: bytes(20),
    port: fc.integer({ min: 1, max: 65_535 }),
    uploaded: fc.maxSafeNat(),
    downloaded: fc.maxSafeNat(),
    left: fc.maxSafeNat(),
    event: fc.constantFrom<AnnounceEvent>('none', 'started', 'stopped', 'completed', 'paused'),
    numwant: fc.option(fc.nat({ max: maxNumwant }), { nil: undefined }),
  });
}

/** Checks what a tracker read of an announce; a Buffer and other bytes may be the same. */
export function expectRead(
  read: Pick<ClientAnnounce, 'infohash' | 'peerId'>,
  { infohash, peerId, port, left, event, numwant }: ClientAnnounce,
  more: object,
): void {
  expect({ ...read, infohash: [...read.infohash], peerId: [...read.peerId] }).to.deep.include({
    infohash: [...infohash],
    peerId: [...peerId],
    port,
    left,
    event,
    numwant,
    ...more,
  });
}

/** Replies with bytes changed, put in and taken out, and cut off at the end. */
export function mutated(replies: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const change = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), how: fc.nat({ max: 2 }) });
  return fc
    .record({
      reply: fc.constantFrom(...replies),
      changes: fc.array(change, { maxLength: 6 }),
      cut: fc.option(fc.nat(), { nil: undefined }),
    })
    .map(({ reply, changes, cut }) => {
      const result = [...reply];
      for (const { at, byte, how } of changes) {
        result.splice(at % (result.length + 1), how === 2 ? 0 : 1, ...(how === 1 ? [] : [byte]));
      }
      return Buffer.from(cut === undefined ? result : result.slice(0, cut % (result.length + 1)));
    });
}

/** Untrusted bytes bring a result or a TrackerError, and nothing else. */
export function expectTrackerErrorsOnly(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof TrackerError)) throw error;
  }
}
