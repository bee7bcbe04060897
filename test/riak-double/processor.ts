/**
 * A node's processor, shared by all that it works on: two checks of a password at once take twice
 * as long, and go on if nobody waits any more.
 */
export class Processor {
  private jobs: { leftMs: number; readonly done: () => void }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private since = 0;

  /** @param done called when the work is done; at once if there is none */
  work(ms: number, done: () => void): void {
    if (ms <= 0) {
      done();
      return;
    }
    this.advance();
    this.jobs.push({ leftMs: ms, done });
    this.plan();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.jobs = [];
  }

  private advance(): void {
    const now = performance.now();
    const share = (now - this.since) / Math.max(1, this.jobs.length);
    this.since = now;
    for (const job of this.jobs) job.leftMs -= share;
  }

  private plan(): void {
    clearTimeout(this.timer);
    if (this.jobs.length === 0) return;
    const least = Math.min(...this.jobs.map(({ leftMs }) => leftMs));
    this.timer = setTimeout(
      () => {
        this.advance();
        const ready = this.jobs.filter(({ leftMs }) => leftMs < 1);
        this.jobs = this.jobs.filter(({ leftMs }) => leftMs >= 1);
        for (const { done } of ready) done();
        this.plan();
      },
      Math.max(1, least * this.jobs.length),
    );
  }
}
