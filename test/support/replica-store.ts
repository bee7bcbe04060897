import { StoreError } from '../../lib/store/errors.js';
import type {
  Consistency,
  Held,
  KeyPage,
  KeyRange,
  PutResult,
  Store,
  Version,
} from '../../lib/store/store.js';

/** A value with the number of the put that wrote it. */
interface Sibling {
  readonly dot: number;
  readonly value: Uint8Array;
}

/** What a replica has of a key: values that nothing has replaced, and every put that it knows of. */
export interface Copy {
  readonly siblings: readonly Sibling[];
  readonly seen: ReadonlySet<number>;
}

export class SeenVersion {
  constructor(readonly seen: ReadonlySet<number>) {}
}

export const NOTHING: Copy = { siblings: [], seen: new Set() };

/**
 * The store contract in memory as replicas keep it that follow each other late, and lose touch: a
 * put is answered when one of them has it, an eventual fetch takes the first that has anything, in
 * any order, a strong one asks all. One more replica, a stand-in, knows nothing now and then: what
 * it has goes to the others first.
 */
export class ReplicaStore implements Store {
  private readonly replicas: Map<string, Copy>[];
  /** What is on its way: to which replica, of which key. */
  private underWay: { readonly to: number; readonly key: string; readonly copy: Copy }[] = [];
  private readonly counts = new Map<string, number>();
  private lastDot = 0;

  /**
   * @param random chooses who answers, what arrives, and when the stand-in forgets; from 0
   *   (inclusive) to 1 (exclusive)
   * @param schedule awaited before an operation takes effect and again before it is answered
   */
  constructor(
    private readonly random: () => number,
    private readonly schedule: (label: string) => Promise<void> = () => Promise.resolve(),
    replicas = 3,
  ) {
    this.replicas = Array.from({ length: replicas + 1 }, () => new Map<string, Copy>());
  }

  async fetch(key: string, consistency: Consistency = 'eventual'): Promise<Held> {
    await this.schedule(`fetch ${key}`);
    this.move();
    const copies = this.mixed().map((number) => this.copyAt(number, key));
    const held =
      consistency === 'strong' ? joinAll(copies) : (copies.find(({ seen }) => seen.size > 0) ?? NOTHING);
    await this.schedule(`fetch ${key} answer`);
    return heldOf(held);
  }

  async put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    const sibling = { dot: (this.lastDot += 1), value: Uint8Array.from(value) };
    const held = await this.write(`put ${key}`, key, version, [sibling]);
    return { ...heldOf(held), stored: true };
  }

  async remove(key: string, version: Version): Promise<void> {
    await this.write(`remove ${key}`, key, version, []);
  }

  async increment(key: string, by: number): Promise<void> {
    await this.schedule(`increment ${key}`);
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  count(key: string): Promise<number> {
    return Promise.resolve(this.counts.get(key) ?? 0);
  }

  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    const all = new Set(this.replicas.flatMap((replica) => [...replica.keys()]));
    const left = [...all]
      .filter((key) => key >= range.from && key < range.to && (cursor === undefined || key > cursor))
      .filter(
        (key) => joinAll(this.replicas.map((_, number) => this.copyAt(number, key))).siblings.length > 0,
      )
      .sort();
    const keys = left.slice(0, limit);
    const last = keys.at(-1);
    return Promise.resolve(
      last !== undefined && left.length > keys.length ? { keys, cursor: last } : { keys },
    );
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Everything arrives: all replicas have the same. */
  settle(): void {
    for (const { to, key, copy } of this.underWay.splice(0)) this.mergeAt(to, key, copy);
    const keys = new Set(this.replicas.flatMap((replica) => [...replica.keys()]));
    for (const key of keys) {
      const all = joinAll(this.replicas.map((_, number) => this.copyAt(number, key)));
      for (const number of this.replicas.keys()) this.mergeAt(number, key, all);
    }
  }

  private async write(
    label: string,
    key: string,
    version: Version | undefined,
    added: readonly Sibling[],
  ): Promise<Copy> {
    if (version !== undefined && !(version instanceof SeenVersion))
      throw new StoreError('a version of another store');
    const context = version?.seen ?? new Set<number>();
    await this.schedule(label);
    this.move();
    const [coordinator = 0, ...others] = this.mixed();
    const held = this.copyAt(coordinator, key);
    const copy = {
      siblings: [...held.siblings.filter(({ dot }) => !context.has(dot)), ...added],
      seen: new Set([...held.seen, ...context, ...added.map(({ dot }) => dot)]),
    };
    this.replicas[coordinator]?.set(key, copy);
    for (const to of others) this.underWay.push({ to, key, copy });
    await this.schedule(`${label} answer`);
    return copy;
  }

  /**
   * Some of what is on its way arrives; now and then the stand-in hands over what it has, and
   * forgets it.
   */
  private move(): void {
    const stays = this.underWay.filter(() => this.random() < 0.7);
    const arrives = this.underWay.filter((message) => !stays.includes(message));
    this.underWay = stays;
    for (const { to, key, copy } of arrives) this.mergeAt(to, key, copy);
    if (this.random() >= 0.1) return;
    const standIn = this.replicas.at(-1);
    for (const [key, copy] of standIn ?? []) this.mergeAt(0, key, copy);
    standIn?.clear();
  }

  private mergeAt(number: number, key: string, copy: Copy): void {
    this.replicas[number]?.set(key, joinCopies(this.copyAt(number, key), copy));
  }

  private copyAt(number: number, key: string): Copy {
    return this.replicas[number]?.get(key) ?? NOTHING;
  }

  /** The numbers of the replicas in any order. */
  private mixed(): number[] {
    return [...this.replicas.keys()]
      .map((number) => ({ number, at: this.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ number }) => number);
  }
}

/** Both copies in one: a value that one of them does not have stays unless that one has seen it. */
export function joinCopies(a: Copy, b: Copy): Copy {
  const inB = new Set(b.siblings.map(({ dot }) => dot));
  const inA = new Set(a.siblings.map(({ dot }) => dot));
  return {
    siblings: [
      ...a.siblings.filter(({ dot }) => inB.has(dot) || !b.seen.has(dot)),
      ...b.siblings.filter(({ dot }) => !inA.has(dot) && !a.seen.has(dot)),
    ],
    seen: new Set([...a.seen, ...b.seen]),
  };
}

function joinAll(copies: readonly Copy[]): Copy {
  return copies.reduce(joinCopies, NOTHING);
}

/** As a store answers. */
export function heldOf({ siblings, seen }: Copy): Held {
  if (seen.size === 0) return { values: [], version: undefined };
  return { values: siblings.map(({ value }) => Uint8Array.from(value)), version: new SeenVersion(seen) };
}
