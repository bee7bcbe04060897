import { expect } from 'chai';
import fc from 'fast-check';

import { SlotTotals } from '../../lib/stats/slot-totals.js';

const SLOT_MS = 1000;
const SLOTS = 5;

/** Pauses between notes, and what is counted right after each note. */
const steps = fc.array(
  fc.record({ pause: fc.integer({ min: 0, max: 7000 }), counted: fc.integer({ min: 0, max: 9 }) }),
  { maxLength: 40 },
);

describe('totals by slots of time', () => {
  it('tell what was counted in each of the last slots, noted at any times', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), steps, (start, list) => {
        const totals = new SlotTotals(SLOT_MS, SLOTS, start);
        let now = start;
        let total = 0;
        let slot = Math.floor(start / SLOT_MS);
        // By slot: what is counted between two notes belongs to the slot of the first one.
        const model = new Map<number, number>();
        for (const { pause, counted } of list) {
          now += pause;
          totals.note(now, total);
          slot = Math.floor(now / SLOT_MS);
          total += counted;
          model.set(slot, (model.get(slot) ?? 0) + counted);
        }
        const slots = Array.from({ length: SLOTS }, (_, at) => slot - SLOTS + 1 + at);
        expect(totals.perSlot(total)).to.deep.equal(slots.map((each) => model.get(each) ?? 0));
        const growth = [slot - SLOTS, ...slots].reduce((sum, each) => sum + (model.get(each) ?? 0), 0);
        expect(totals.growth(total)).to.equal(growth);
      }),
    );
  });

  it('tell what the total was at the end of any slot that is kept, and of the oldest before that', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), steps, (start, list) => {
        const totals = new SlotTotals(SLOT_MS, SLOTS, start);
        let now = start;
        let total = 0;
        /** By slot, as it was when the next one began. */
        const atEnd = new Map<number, number>();
        const firstSlot = Math.floor(start / SLOT_MS);
        for (const { pause, counted } of list) {
          now += pause;
          totals.note(now, total);
          const slot = Math.floor(now / SLOT_MS);
          for (let each = slot - 1; each >= firstSlot && !atEnd.has(each); each--) atEnd.set(each, total);
          total += counted;
        }
        const present = Math.floor(now / SLOT_MS);
        for (let slot = present - SLOTS - 3; slot <= present + 2; slot++) {
          const kept = Math.max(slot, present - SLOTS - 1);
          const expected = slot >= present ? total : (atEnd.get(kept) ?? 0);
          expect(totals.totalAt(slot * SLOT_MS + 500, total), String(slot - present)).to.equal(expected);
          expect(totals.reachesTo(slot * SLOT_MS)).to.equal(slot >= present - SLOTS);
        }
      }),
    );
  });
});
