import { LinkedList, type Linked } from '../linked-list.js';

/** An answer took longer than it may. What it was waiting for may still happen. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * Gives answers the same time each, with one timer for all that are awaited: the one asked for
 * first is due first. While none is awaited the timer does not keep the process alive.
 */
export class Deadlines {
  /** In the order in which they are due. */
  private readonly awaited = new LinkedList<Awaited>();
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
    const entry: Awaited = { dueAt, reject, isAwaited: true, before: undefined, after: undefined };
    if (this.timer === undefined) this.timer = setTimeout(this.onTimer, this.milliseconds);
    else if (this.awaited.first === undefined) this.timer.ref();
    this.awaited.append(entry);
    return entry;
  }

  private remove(entry: Awaited): void {
    if (!entry.isAwaited) return;
    entry.isAwaited = false;
    this.awaited.remove(entry);
    // Set again and again it would cost more than when it is due in vain.
    if (this.awaited.first === undefined) this.timer?.unref();
  }

  private readonly onTimer = (): void => {
    // A process that was frozen looks at its clock before its sockets: what arrived in time is read
    // first.
    setImmediate(this.rejectOverdue);
  };

  private readonly rejectOverdue = (): void => {
    const now = performance.now();
    let { first } = this.awaited;
    for (; first !== undefined && first.dueAt <= now; { first } = this.awaited) {
      this.remove(first);
      first.reject(new DeadlineError(`no answer within ${this.milliseconds} ms`));
    }
    clearTimeout(this.timer);
    this.timer = first === undefined ? undefined : setTimeout(this.onTimer, first.dueAt - now);
  };
}

interface Awaited extends Linked<Awaited> {
  /** As `performance.now` counts. */
  readonly dueAt: number;
  readonly reject: (error: DeadlineError) => void;
  isAwaited: boolean;
}
