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
});
