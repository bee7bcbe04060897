/** An answer took longer than it may. What it was waiting for may still happen. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * Gives answers the same time each, with one timer for all that are awaited: the one asked for first is due first. While none is awaited
 * there is no timer, which would keep the process alive.
 */
export class Deadlines {
  /** The ends of a list of all that are awaited, in the order in which they are due. */
  private first: Awaited | undefined;
  private last: Awaited | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly milliseconds: number) {}

  /** What `answer` comes to, or a DeadlineError if that takes longer. */
  within<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const entry = this.append(reject);
      answer.then(
        (value) => {
          this.remove(entry);
          resolve(value);
        },
        (error: unknown) => {
          this.remove(entry);
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is what the answer came to
          reject(error);
        },
      );
    });
  }

  private append(reject: Awaited['reject']): Awaited {
    const dueAt = performance.now() + this.milliseconds;
    const entry: Awaited = { dueAt, reject, before: this.last, after: undefined, isAwaited: true };
    if (this.last === undefined) this.first = entry;
    else this.last.after = entry;
    this.last = entry;
    this.timer ??= setTimeout(this.onTimer, this.milliseconds);
    return entry;
  }

  private remove(entry: Awaited): void {
    if (!entry.isAwaited) return;
    entry.isAwaited = false;
    const { before, after } = entry;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.last = before;
    else after.before = before;
    if (this.first !== undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private readonly onTimer = (): void => {
    // A process that was frozen looks at its clock before its sockets: what arrived in time is read first.
    setImmediate(this.rejectOverdue);
  };

  private readonly rejectOverdue = (): void => {
    const now = performance.now();
    while (this.first !== undefined && this.first.dueAt <= now) {
      const entry = this.first;
      this.remove(entry);
      entry.reject(new DeadlineError(`no answer within ${this.milliseconds} ms`));
    }
    clearTimeout(this.timer);
    this.timer = this.first === undefined ? undefined : setTimeout(this.onTimer, this.first.dueAt - now);
  };
}

interface Awaited {
  /** As `performance.now` counts. */
  readonly dueAt: number;
  readonly reject: (error: DeadlineError) => void;
  before: Awaited | undefined;
  after: Awaited | undefined;
  isAwaited: boolean;
}
