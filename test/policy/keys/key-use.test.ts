import { expect } from 'chai';
import fc from 'fast-check';

import type { AnnounceEvent } from '../../../lib/bittorrent/announce.js';
import { ListError } from '../../../lib/policy/lists/list-index.js';
import {
  bytesOf,
  decodeUse,
  encodeUse,
  folded,
  joinUse,
  MAX_SESSIONS,
  NO_USE,
  SESSION_SECONDS,
  type KeyUse,
} from '../../../lib/policy/keys/key-use.js';
import { PendingUse } from '../../../lib/policy/keys/pending-use.js';
import { announceRequest } from './support.js';

const NOW = 1_700_000_000_000;
const SESSION = 'ab'.repeat(20);

/** What is stored after announces, each group of which was written at once. */
function useAfter(
  ...groups: readonly (readonly [event: AnnounceEvent, up: number, down: number][])[]
): KeyUse {
  let use = NO_USE;
  let now = NOW;
  for (const group of groups) use = written(use, group, (now += 60_000));
  return use;
}

function written(
  use: KeyUse,
  group: readonly (readonly [event: AnnounceEvent, up: number, down: number])[],
  now: number,
  session = SESSION,
): KeyUse {
  const pending = new PendingUse();
  for (const [event, uploaded, downloaded] of group) {
    pending.note(announceRequest({ event, uploaded, downloaded }), session, now);
  }
  return decodeUse(encodeUse(folded(pending.applied(use), now)));
}

describe('what a key was used for', () => {
  it('is what its clients report since they started, however it is written', () => {
    const announces = [
      ['started', 0, 0],
      ['none', 100, 30],
      ['none', 250, 80],
      ['stopped', 260, 90],
    ] as [AnnounceEvent, number, number][];
    const [first, second, ...rest] = announces;
    if (first === undefined || second === undefined) throw new Error('no announces');
    for (const use of [
      useAfter(announces),
      useAfter([first, second], rest),
      useAfter(...announces.map((announce) => [announce])),
    ]) {
      expect(bytesOf(use)).to.deep.equal({ up: 260, down: 90 });
    }
  });

  it('does not have what was reported before the tracker knew of the session', () => {
    expect(bytesOf(useAfter([['none', 5000, 700]], [['none', 5100, 700]]))).to.deep.equal({
      up: 100,
      down: 0,
    });
  });

  it('has both when a client starts anew and counts from 0', () => {
    const before: [AnnounceEvent, number, number][] = [
      ['started', 0, 0],
      ['none', 100, 10],
    ];
    const after: [AnnounceEvent, number, number][] = [
      ['started', 0, 0],
      ['none', 40, 4],
    ];
    for (const use of [useAfter(before, after), useAfter([...before, ...after])]) {
      expect(bytesOf(use)).to.deep.equal({ up: 140, down: 14 });
    }
  });

  it('is not counted twice when a report comes late or again', () => {
    expect(
      bytesOf(useAfter([['started', 0, 0]], [['none', 100, 0]], [['none', 60, 0]], [['none', 100, 0]])),
    ).to.deep.equal({ up: 100, down: 0 });
  });

  it('comes to the same through several processes, joined in any order and as often as one likes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ process: fc.nat(2), more: fc.nat(1000) }), { minLength: 1, maxLength: 30 }),
        fc.infiniteStream(fc.nat(2)),
        (reports, chosen) => {
          // The first report starts the session; all processes have seen what is stored by then.
          let stored = written(NO_USE, [['started', 0, 0]], NOW);
          const apart = [stored, stored, stored];
          let up = 0;
          for (const [index, { process, more }] of reports.entries()) {
            up += more;
            apart[process] = written(apart[process] ?? stored, [['none', up, 0]], NOW + index * 1000);
          }
          for (let i = 0; i < 6; i++) stored = joinUse(stored, apart[Number(chosen.next().value)] ?? stored);
          for (const use of apart) stored = joinUse(use, stored);
          expect(bytesOf(stored).up).to.equal(up);
        },
      ),
    );
  });

  it('keeps its sums when sessions are old or too many, and takes bounded room', () => {
    let use = NO_USE;
    for (let n = 0; n < MAX_SESSIONS + 50; n++) {
      const session = n.toString(16).padStart(40, '0');
      const pending = new PendingUse();
      pending.note(announceRequest({ event: 'started', uploaded: 0 }), session, NOW + n * 1000);
      pending.note(announceRequest({ uploaded: 10 }), session, NOW + n * 1000);
      use = pending.applied(use);
    }
    const most = folded(use, NOW + 3_000_000);
    expect(most.sessions.size).to.equal(MAX_SESSIONS);
    expect(bytesOf(most).up).to.equal(10 * (MAX_SESSIONS + 50));
    expect(encodeUse(most).length).to.be.below(130_000);
    const old = folded(most, NOW + 3_000_000 + SESSION_SECONDS * 1000);
    expect([old.sessions.size, bytesOf(old).up]).to.deep.equal([0, 10 * (MAX_SESSIONS + 50)]);
    // A process that is late has one of them still, and does not count it again.
    expect(bytesOf(joinUse(old, most)).up).to.equal(10 * (MAX_SESSIONS + 50));
  });

  it('is not counted twice if nobody knows whether it was written', () => {
    const first = new PendingUse();
    first.note(announceRequest({ event: 'started', uploaded: 0 }), SESSION, NOW);
    first.note(announceRequest({ uploaded: 100 }), SESSION, NOW);
    for (const stored of [NO_USE, first.applied(NO_USE)]) {
      const again = new PendingUse();
      again.note(announceRequest({ uploaded: 130 }), SESSION, NOW + 1000);
      again.prepend(first);
      expect(bytesOf(again.applied(stored)).up).to.equal(130);
      expect(again.announces).to.equal(3);
    }
  });

  it('that is damaged, or of a later version, is not taken for anything', () => {
    const good = encodeUse(useAfter([['started', 0, 0]]));
    for (const bad of [
      Buffer.alloc(0),
      good.subarray(0, good.length - 1),
      Buffer.concat([Buffer.of(2), good.subarray(1)]),
    ]) {
      expect(() => decodeUse(bad)).to.throw(ListError);
    }
  });
});
