/** The end of one call's time. What the call is waiting for says what to do then; one timer serves all its stages. */
export class Deadline {
  private readonly timer: NodeJS.Timeout;
  private action: (() => void) | undefined;
  private over = false;

  constructor(ms: number) {
    this.timer = setTimeout(() => {
      this.over = true;
      this.action?.();
    }, ms);
  }

  get expired(): boolean {
    return this.over;
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
