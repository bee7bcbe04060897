import { StoreUnavailableError } from '../errors.js';

/** The calls of a store that are under way, which it waits for before it closes. */
export class OpenCalls {
  private calls = 0;
  private closing: Promise<void> | undefined;
  private drained: (() => void) | undefined;

  get count(): number {
    return this.calls;
  }

  /** A call begins; `end` must be called when it has ended. @throws StoreUnavailableError if closed */
  begin(): void {
    if (this.closing !== undefined) throw new StoreUnavailableError('the store is closed');
    this.calls += 1;
  }

  end(): void {
    this.calls -= 1;
    if (this.calls === 0) this.drained?.();
  }

  /**
   * Lets no more calls begin, waits for those that are under way, which their deadlines bound, then
   * closes what they use, once.
   */
  close(closeAll: () => void): Promise<void> {
    this.closing ??= new Promise<void>((resolve) => {
      this.drained = resolve;
      if (this.calls === 0) resolve();
    }).then(closeAll);
    return this.closing;
  }
}
