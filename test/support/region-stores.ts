import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../../lib/store/store.js';
import { heldOf, joinCopies, NOTHING, SeenVersion, type Copy } from './replica-store.js';

/** A copy of an object on its way to another region. */
interface Message {
  readonly key: string;
  readonly copy: Copy;
}

/** What goes from one region to another. */
interface Link {
  readonly from: number;
  readonly to: number;
  underWay: Message[];
  isCut: boolean;
}

/**
 * Clusters in several regions, each of which is one store that keeps siblings. Afterwards objects go
 * to the other regions: late, in any order, some of them twice, and not at all while a link is cut,
 * but for what a comparison of all keys brings when it is whole again. A region forgets what was
 * removed after some time, as a cluster reaps its tombstones, and may get it again.
 */
export class RegionStores {
  readonly stores: readonly Store[];
  /** The most values that a key had at once, and the most bytes of one value. */
  readonly peak = { siblings: 0, valueBytes: 0 };
  private readonly regions: readonly Map<string, Copy>[];
  /** By region, then by key: what each region has added. */
  private readonly counts: readonly Map<string, number[]>[];
  private readonly links: readonly Link[];
  private lastDot = 0;

  /**
   * @param random chooses what arrives; from 0 (inclusive) to 1 (exclusive)
   * @param schedule awaited before a call takes effect and again before it is answered
   */
  constructor(
    readonly count: number,
    private readonly random: () => number,
    private readonly schedule: (label: string) => Promise<void> = () => Promise.resolve(),
  ) {
    const all = Array.from({ length: count }, (_, region) => region);
    this.regions = all.map(() => new Map<string, Copy>());
    this.counts = all.map(() => new Map<string, number[]>());
    this.stores = all.map((region) => this.storeOf(region));
    this.links = all.flatMap((from) =>
      all.filter((to) => to !== from).map((to) => ({ from, to, underWay: [], isCut: false })),
    );
  }

  /** What is on its way over a link that is cut is lost. */
  cut(region: number): void {
    for (const link of this.linksOf(region)) {
      link.isCut = true;
      link.underWay = [];
    }
  }

  /** Links carry what is written from now on; what was missed comes with the next comparison. */
  restore(region: number): void {
    for (const link of this.linksOf(region)) link.isCut = false;
  }

  /** Every link is whole, everything arrives, and all keys are compared. */
  settle(): void {
    for (const link of this.links) link.isCut = false;
    for (const link of this.links) this.deliver(link, link.underWay.splice(0));
    // Twice: what the first region gets from the last one goes to the others.
    for (let round = 0; round < 2; round++) for (const link of this.links) this.compare(link);
  }

  /** Some of what is on its way arrives, and now and then something else happens to it. */
  private move(): void {
    for (const link of this.links) {
      if (link.isCut) continue;
      const arrives = link.underWay.filter(() => this.random() < 0.2);
      // Some of it arrives once more, later.
      link.underWay = link.underWay.filter((message) => !arrives.includes(message) || this.random() < 0.1);
      this.deliver(link, this.mixed(arrives));
      if (this.random() < 0.02) this.compare(link);
    }
    if (this.random() < 0.05) this.reap(Math.floor(this.random() * this.count));
  }

  private reap(region: number): void {
    const copies = this.regions[region] ?? new Map<string, Copy>();
    for (const [key, { siblings }] of copies) if (siblings.length === 0) copies.delete(key);
  }

  private compare({ from, to, isCut }: Link): void {
    if (isCut) return;
    for (const [key, copy] of this.regions[from] ?? []) this.merge(to, key, copy);
    for (const [key, theirs] of this.counts[from] ?? []) {
      const ours = this.addends(to, key);
      for (const [region, n] of theirs.entries()) ours[region] = Math.max(ours[region] ?? 0, n);
    }
  }

  private deliver({ to }: Link, messages: readonly Message[]): void {
    for (const { key, copy } of messages) this.merge(to, key, copy);
  }

  private merge(region: number, key: string, copy: Copy): void {
    this.hold(region, key, joinCopies(this.copyAt(region, key), copy));
  }

  private hold(region: number, key: string, copy: Copy): void {
    this.regions[region]?.set(key, copy);
    this.peak.siblings = Math.max(this.peak.siblings, copy.siblings.length);
    for (const { value } of copy.siblings) {
      this.peak.valueBytes = Math.max(this.peak.valueBytes, value.length);
    }
  }

  private copyAt(region: number, key: string): Copy {
    return this.regions[region]?.get(key) ?? NOTHING;
  }

  private addends(region: number, key: string): number[] {
    const counts = this.counts[region];
    const known = counts?.get(key) ?? new Array<number>(this.count).fill(0);
    counts?.set(key, known);
    return known;
  }

  private linksOf(region: number): Link[] {
    return this.links.filter(({ from, to }) => from === region || to === region);
  }

  private storeOf(region: number): Store {
    const write = async (
      label: string,
      key: string,
      version: Version | undefined,
      value?: Uint8Array,
    ): Promise<Copy> => {
      if (version !== undefined && !(version instanceof SeenVersion))
        throw new TypeError('a strange version');
      const context = version?.seen ?? new Set<number>();
      await this.schedule(`${region}: ${label}`);
      this.move();
      const held = this.copyAt(region, key);
      const added = value === undefined ? [] : [{ dot: (this.lastDot += 1), value: Uint8Array.from(value) }];
      const copy = {
        siblings: [...held.siblings.filter(({ dot }) => !context.has(dot)), ...added],
        seen: new Set([...held.seen, ...context, ...added.map(({ dot }) => dot)]),
      };
      this.hold(region, key, copy);
      for (const link of this.links) {
        if (link.from === region && !link.isCut) link.underWay.push({ key, copy });
      }
      await this.schedule(`${region}: ${label} answer`);
      return copy;
    };
    return {
      fetch: async (key: string): Promise<Held> => {
        await this.schedule(`${region}: fetch ${key}`);
        this.move();
        const held = heldOf(this.copyAt(region, key));
        await this.schedule(`${region}: fetch ${key} answer`);
        return held;
      },
      put: async (key: string, value: Uint8Array, version?: Version): Promise<PutResult> => ({
        ...heldOf(await write(`put ${key}`, key, version, value)),
        stored: true,
      }),
      remove: async (key: string, version: Version): Promise<void> => {
        await write(`remove ${key}`, key, version);
      },
      increment: (key: string, by: number): Promise<void> => {
        const addends = this.addends(region, key);
        addends[region] = (addends[region] ?? 0) + by;
        return Promise.resolve();
      },
      count: (key: string): Promise<number> =>
        Promise.resolve(this.addends(region, key).reduce((sum, n) => sum + n, 0)),
      keys: (range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> => {
        const left = [...(this.regions[region] ?? [])]
          .filter(([, { siblings }]) => siblings.length > 0)
          .map(([key]) => key)
          .filter((key) => key >= range.from && key < range.to && (cursor === undefined || key > cursor))
          .sort();
        const keys = left.slice(0, limit);
        const last = keys.at(-1);
        return Promise.resolve(
          last !== undefined && left.length > keys.length ? { keys, cursor: last } : { keys },
        );
      },
      check: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  private mixed<T>(list: readonly T[]): T[] {
    return list
      .map((one) => ({ one, at: this.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);
  }
}
