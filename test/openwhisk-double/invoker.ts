/** Finds a container for each run: a warm one with room, a new one, or none until one is free. */

import type { Outcome } from './activations.js';
import { isEqualAction, qualifiedName, type ActionEntity } from './entities.js';
import { Rejection } from './replies.js';
import { WarmContainer, type ContainerSettings, type Run } from './warm-container.js';

export interface InvokerSettings extends ContainerSettings {
  /** 0: no invoker is up. */
  readonly maxContainers: number;
}

export class Invoker {
  private pool: WarmContainer[] = [];
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly settings: InvokerSettings) {}

  /** Those that are alive, of one action or of all; the oldest first. */
  containers(name?: string): readonly WarmContainer[] {
    return this.usable().filter(({ action }) => name === undefined || qualifiedName(action) === name);
  }

  /** @throws Rejection 503 if there is no invoker */
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
    await Promise.all(this.pool.map((container) => container.kill()));
  }

  /**
   * The fullest first, as OpenWhisk fills one container before it takes another. Any container of an
   * equal action will do. A change or a delete stops no container: it is idle until its time is over.
   */
  private find(action: ActionEntity): WarmContainer | undefined {
    const usable = this.usable();
    const warm = usable.find((container) => container.hasRoom && isEqualAction(container.action, action));
    if (warm !== undefined) return warm;
    if (usable.length >= this.settings.maxContainers) {
      const idle = usable.find((container) => container.isIdle);
      if (idle === undefined) return undefined;
      void idle.kill();
    }
    const container = new WarmContainer(action, this.settings);
    this.pool.push(container);
    return container;
  }

  private usable(): WarmContainer[] {
    this.pool = this.pool.filter((container) => container.isUsable);
    return this.pool;
  }
}
