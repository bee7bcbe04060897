/** The copies of one partition on one node. */

import type { Stored } from './stored.js';
import { isSameCopy, joinStored } from './stored.js';

export class Vnode {
  private readonly copies = new Map<string, Stored>();
  /**
   * As which actor this vnode writes a key. A key that it does not hold begins with a new one, so
   * that a vclock of a former life covers nothing.
   */
  private readonly actors = new Map<string, number>();

  /** @param newActor gives a number that no vnode has yet */
  constructor(private readonly newActor: () => number) {}

  get size(): number {
    return this.copies.size;
  }

  read(id: string): Stored | undefined {
    return this.copies.get(id);
  }

  actorFor(id: string): number {
    let actor = this.copies.has(id) ? this.actors.get(id) : undefined;
    if (actor === undefined) {
      actor = this.newActor();
      this.actors.set(id, actor);
    }
    return actor;
  }

  write(id: string, stored: Stored): void {
    this.copies.set(id, stored);
  }

  /** Takes what another copy has. */
  merge(id: string, stored: Stored): Stored {
    const held = this.copies.get(id);
    const merged = isSameCopy(held, stored) ? held : joinStored(held, stored);
    this.copies.set(id, merged ?? stored);
    return merged ?? stored;
  }

  forget(id: string): void {
    this.copies.delete(id);
    this.actors.delete(id);
  }

  entries(): IterableIterator<[string, Stored]> {
    return this.copies.entries();
  }
}
