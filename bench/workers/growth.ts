/** What an announce and a scrape cost in populations of different sizes, in turns. */
import { openLmdbStore } from '../../lib/store/lmdb/store.js';
import type { Store } from '../../lib/store/store.js';
import { seededRandom } from '../../test/support/seeded-random.js';
import { ask, createFront, strictLog } from '../support/tracker.js';
import { CountingStore } from '../support/counting-store.js';
import { InstantStore } from '../support/instant-store.js';
import { Population } from '../support/population.js';
import { work } from './work.js';

export interface GrowthInput {
  /** Of LMDB, every write flushed; undefined: a store in memory that answers at once. */
  readonly directory: string | undefined;
  readonly populations: readonly { readonly swarms: number; readonly swarmSize: number }[];
  readonly rounds: number;
  readonly announces: number;
  /** 0 leaves scrapes out. */
  readonly scrapes: number;
}

/** What one request cost, as the mean of a turn. */
export interface Cost {
  /**
   * Processor time of the process on a store in memory, time by the clock on LMDB: there it is the
   * disk that takes it.
   */
  readonly microseconds: number;
  /** Of values read from and written to the store. */
  readonly bytes: number;
  readonly operations: number;
}

/** Costs by population, one a round. */
export interface GrowthOutput {
  readonly announces: readonly Cost[][];
  readonly scrapes: readonly Cost[][];
}

export interface GrowthWorker {
  readonly input: GrowthInput;
  readonly output: GrowthOutput;
}

work<GrowthWorker>(async ({ directory, populations, rounds, announces, scrapes }) => {
  const store: Store =
    directory === undefined
      ? new InstantStore()
      : await openLmdbStore({ directory, durability: 'flush', log: strictLog });
  const byClock = directory !== undefined;
  const subjects: Subject[] = [];
  let firstSwarm = 0;
  for (const { swarms, swarmSize } of populations) {
    const population = new Population(firstSwarm, swarms, swarmSize, Date.now());
    await population.store(store);
    subjects.push(new Subject(population, store, byClock));
    firstSwarm += swarms;
  }
  const output = { announces: subjects.map((): Cost[] => []), scrapes: subjects.map((): Cost[] => []) };
  // Round 0 is for the compiler.
  for (let round = 0; round <= rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      const announced = await subject.announceMany(announces);
      const scraped = scrapes === 0 ? undefined : await subject.scrapeMany(scrapes);
      if (round === 0) continue;
      output.announces[i]?.push(announced);
      if (scraped !== undefined) output.scrapes[i]?.push(scraped);
    }
  }
  await store.close();
  return output;
});

/** One population, and a tracker in a time of their own. */
class Subject {
  private now = Date.now();
  private place = 0;
  private readonly store: CountingStore;
  private readonly announce;
  private readonly scrape;

  constructor(
    private readonly population: Population,
    store: Store,
    private readonly byClock: boolean,
  ) {
    this.store = new CountingStore(store);
    const components = { store: this.store, clock: { now: () => this.now }, random: seededRandom(1) };
    ({ announce: this.announce, scrape: this.scrape } = createFront(components));
  }

  announceMany(count: number): Promise<Cost> {
    const announces = Array.from({ length: count }, () => this.population.announce(this.place++));
    return this.costOf(announces, async ({ at, target, address }) => {
      this.now = at;
      await ask(this.announce, target, address);
    });
  }

  scrapeMany(count: number): Promise<Cost> {
    const targets = Array.from({ length: count }, (_, i) => this.population.scrape(i));
    return this.costOf(targets, async (target) => {
      await ask(this.scrape, target, '192.0.2.1');
    });
  }

  /** @param requests made before, so that only the tracker's work is measured */
  private async costOf<Request>(
    requests: readonly Request[],
    run: (request: Request) => Promise<void>,
  ): Promise<Cost> {
    const count = requests.length;
    globalThis.gc?.();
    const { store } = this;
    store.operations = store.bytesRead = store.bytesWritten = 0;
    const time = this.byClock ? performance.now() : 0;
    const cpu = process.cpuUsage();
    for (const request of requests) await run(request);
    const { user, system } = process.cpuUsage(cpu);
    return {
      microseconds: (this.byClock ? (performance.now() - time) * 1000 : user + system) / count,
      bytes: (store.bytesRead + store.bytesWritten) / count,
      operations: store.operations / count,
    };
  }
}
