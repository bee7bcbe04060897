import { expect } from 'chai';
import fc from 'fast-check';
import type { DottedValues, VersionVector } from './dvv.js';
import { covers, descends, join, NOTHING_SEEN, sameVersion, write } from './dvv.js';

const EMPTY: DottedValues<string> = { clock: NOTHING_SEEN, values: [] };

function valuesOf(state: DottedValues<string>): string[] {
  return state.values.map(({ value }) => value);
}

describe('a dotted version vector set', () => {
  it('keeps a value that was written without knowledge of the held one beside it', () => {
    const first = write(EMPTY, 1, 'a', NOTHING_SEEN);
    expect(valuesOf(write(first, 1, 'b', NOTHING_SEEN))).to.deep.equal(['a', 'b']);
  });

  it('replaces exactly the values that the writer had seen', () => {
    const first = write(EMPTY, 1, 'a', NOTHING_SEEN);
    const both = write(first, 1, 'b', NOTHING_SEEN);
    expect(valuesOf(write(both, 1, 'c', first.clock))).to.deep.equal(['b', 'c']);
    expect(valuesOf(write(both, 1, 'c', both.clock))).to.deep.equal(['c']);
  });

  it('does not let siblings pile up when two writers each go on from what they were answered last', () => {
    let state = EMPTY;
    let seenByA: VersionVector = NOTHING_SEEN;
    let seenByB: VersionVector = NOTHING_SEEN;
    for (let round = 0; round < 20; round += 1) {
      const before = state.clock;
      state = write(state, 1, `a${round}`, seenByA);
      seenByA = state.clock;
      state = write(state, 1, `b${round}`, seenByB);
      seenByB = before;
      expect(state.values.length).to.be.at.most(3);
    }
  });

  it('compared as a whole object, lets them pile up', () => {
    const first = write(EMPTY, 1, 'a', NOTHING_SEEN, true);
    const both = write(first, 1, 'b', NOTHING_SEEN, true);
    expect(valuesOf(write(both, 1, 'c', first.clock, true))).to.deep.equal(['a', 'b', 'c']);
    expect(valuesOf(write(both, 1, 'c', both.clock, true))).to.deep.equal(['c']);
  });

  it('keeps, whatever the order of writers and what they had seen, the values that no later writer had seen', () => {
    const steps = fc.array(fc.record({ actor: fc.integer({ min: 1, max: 3 }), seen: fc.nat() }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(steps, (writes) => {
        const states = [EMPTY];
        // The model: what each state held, and which earlier writes its version covers.
        const known: { held: Set<number>; seen: Set<number> }[] = [{ held: new Set(), seen: new Set() }];
        writes.forEach(({ actor, seen }, index) => {
          const at = seen % states.length;
          const context = known[at] ?? { held: new Set<number>(), seen: new Set<number>() };
          const last = known.at(-1) ?? context;
          const state = write(
            states.at(-1) ?? EMPTY,
            actor,
            String(index),
            states[at]?.clock ?? NOTHING_SEEN,
          );
          const held = new Set([...last.held].filter((value) => !context.seen.has(value)).concat(index));
          states.push(state);
          known.push({ held, seen: new Set([...last.seen, index]) });
          expect(new Set(valuesOf(state).map(Number))).to.deep.equal(held);
        });
      }),
    );
  });
});

describe('a version vector', () => {
  const vectors = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })))
    .map((entries): VersionVector => new Map(entries));

  it('joined with another knows what either knows and nothing else', () => {
    fc.assert(
      fc.property(
        vectors,
        vectors,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        (a, b, actor, counter) => {
          const dot = { actor, counter };
          expect(covers(join(a, b), dot)).to.equal(covers(a, dot) || covers(b, dot));
          expect(descends(join(a, b), a)).to.equal(true);
        },
      ),
    );
  });

  it('is the same as another only if each knows all that the other knows', () => {
    const older: VersionVector = new Map([[1, 1]]);
    const newer: VersionVector = new Map([[1, 2]]);
    expect(sameVersion(older, new Map(older))).to.equal(true);
    expect(sameVersion(older, newer)).to.equal(false);
    expect(sameVersion(newer, older)).to.equal(false);
  });
});
