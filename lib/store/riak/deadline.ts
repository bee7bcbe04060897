/**
 * The end of one call's time. Whoever works on the call says what to do then; one timer serves all
 * attempts.
 */
export class Deadline {
  private readonly timer: NodeJS.Timeout;
  private readonly endsAt: number;
  private action: (() => void) | undefined;
  private over = false;

  constructor(ms: number) {
    this.endsAt = performance.now() + ms;
    this.timer = setTimeout(() => {
      this.over = true;
      this.action?.();
    }, ms);
  }

  /** Milliseconds that are left; negative when it is over. */
  get leftMs(): number {
    return this.endsAt - performance.now();
  }

  /** What happens at the end, in place of what was said before; at once if it is over. */
  onExpire(action: (() => void) | undefined): void {
    this.action = action;
    if (this.over) action?.();
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.action = undefined;
  }
}
