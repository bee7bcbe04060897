/** Finds a container for each run: a warm one with room, a new one, or none until one is free. */

import type { Outcome } from './activations.js';
import { isEqualAction, qualifiedName, type ActionEntity } from './entities.js';
import { Rejection } from './replies.js';
import { WarmContainer, type ContainerSettings, type Run } from './warm-container.js';

export interface InvokerSettings extends Omit<ContainerSettings, 'closing'> {
  /** 0: no invoker is up. */
  readonly maxContainers: number;
  readonly scheduler: boolean;
  /** With the scheduler: the most containers of the namespace. */
  readonly concurrentInvocations: number;
}

export class Invoker {
  private pool: WarmContainer[] = [];
  private readonly closing = new AbortController();
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly settings: InvokerSettings) {}

  /** Those that are alive, of one action or of all; the oldest first. */
  containers(name?: string): readonly WarmContainer[] {
    return this.usable().filter(({ action }) => name === undefined || qualifiedName(action) === name);
  }

  /**
   * @throws Rejection 503 if there is no invoker; 429 from the scheduler, for an action that has no
   * container and may get none
   */
  async run(action: ActionEntity, run: Run): Promise<Outcome> {
    if (this.settings.maxContainers === 0) throw new Rejection(503, 'The server is currently unavailable.');
    for (;;) {
      const container = this.find(action);
      if (container === undefined) {
        await new Promise<void>((resolve) => this.waiting.push(resolve));
        continue;
      }
      try {
        return await container.run(run);
      } finally {
        this.waiting.shift()?.();
      }
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all(this.pool.map((container) => container.kill()));
  }

  /**
   * The fullest first, as OpenWhisk fills one container before it takes another. Any container of
   * an equal action will do. A change or a delete stops no container: it is idle until its time is
   * over.
   */
  private find(action: ActionEntity): WarmContainer | undefined {
    const usable = this.usable();
    const own = usable.filter((container) => this.isFor(container, action));
    const warm = own.find((container) => container.hasRoom);
    if (warm !== undefined) return warm;
    if (usable.length >= this.limit()) {
      const idle = usable.find((container) => container.isIdle);
      if (idle === undefined) {
        if (this.settings.scheduler && own.length === 0) throw new Rejection(429, 'Too many requests');
        return undefined;
      }
      void idle.kill();
    }
    const container = new WarmContainer(action, { ...this.settings, closing: this.closing.signal });
    this.pool.push(container);
    return container;
  }

  /**
   * The scheduler compares the revision of the document as well, which no two puts have in common.
   */
  private isFor({ action: held }: WarmContainer, action: ActionEntity): boolean {
    return this.settings.scheduler ? held === action : isEqualAction(held, action);
  }

  private limit(): number {
    const { maxContainers, scheduler, concurrentInvocations } = this.settings;
    return scheduler ? Math.min(maxContainers, concurrentInvocations) : maxContainers;
  }

  private usable(): WarmContainer[] {
    this.pool = this.pool.filter((container) => container.isUsable);
    return this.pool;
  }
}
