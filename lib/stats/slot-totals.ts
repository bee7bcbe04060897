/**
 * What a growing total was when each of the last slots of time began, in fixed memory. So what was
 * counted in the last minute, or in each quarter of an hour of a day, is a difference of totals,
 * and counting itself knows nothing of time.
 *
 * Invariant: `totals[s % totals.length]` is the total at the beginning of slot s, for the present
 * slot and as many before it as are kept; 0 for slots before the first.
 */
export class SlotTotals {
  private readonly totals: Float64Array;
  private slot: number;

  /**
   * @param slotMilliseconds how long a slot is
   * @param slots how many of them are looked back upon
   * @param now milliseconds of a clock that never goes back
   */
  constructor(
    private readonly slotMilliseconds: number,
    private readonly slots: number,
    now: number,
  ) {
    this.totals = new Float64Array(slots + 1);
    this.slot = Math.floor(now / slotMilliseconds);
  }

  /**
   * To be called at least once a slot. What was counted between the beginning of a slot and the
   * first call in it belongs to the slot before.
   */
  note(now: number, total: number): void {
    const slot = Math.floor(now / this.slotMilliseconds);
    const first = Math.max(this.slot + 1, slot - this.slots);
    for (let begun = first; begun <= slot; begun++) this.totals[this.indexOf(begun)] = total;
    this.slot = Math.max(this.slot, slot);
  }

  /** How much was counted in the last slots, and in the one that has begun. @param total now */
  growth(total: number): number {
    return total - this.atBeginning(this.slot - this.slots);
  }

  /** How much was counted in each of the last slots, oldest first, up to the one that has begun. */
  perSlot(total: number): number[] {
    return Array.from({ length: this.slots }, (_, at) => {
      const slot = this.slot - this.slots + 1 + at;
      const end = slot === this.slot ? total : this.atBeginning(slot + 1);
      return end - this.atBeginning(slot);
    });
  }

  /**
   * The total at the end of the slot that has this time in it; what it is now if that slot is not
   * over, and that of the oldest slot for a time before all that are kept.
   */
  totalAt(time: number, total: number): number {
    const slot = Math.floor(time / this.slotMilliseconds);
    if (slot >= this.slot) return total;
    return this.atBeginning(Math.max(slot, this.slot - this.slots - 1) + 1);
  }

  /** Whether the slot with this time in it is one of those that are looked back upon. */
  reachesTo(time: number): boolean {
    return Math.floor(time / this.slotMilliseconds) >= this.slot - this.slots;
  }

  private atBeginning(slot: number): number {
    return this.totals[this.indexOf(slot)] ?? 0;
  }

  private indexOf(slot: number): number {
    const { length } = this.totals;
    return ((slot % length) + length) % length;
  }
}
