import { expect } from 'chai';
import fc from 'fast-check';

import type { Store, Version } from '../../../lib/store/store.js';
import { MemoryStore } from '../../support/memory-store.js';
import { seededRandom } from '../../support/seeded-random.js';
import { histories } from '../../swarm/support/histories.js';
import { SwarmWorld } from '../../swarm/support/swarm-world.js';
import { Cleanup } from '../../support/cleanup.js';
import type { Fault } from './support/signed-server.js';
import { subjects, type Subject } from './support/subjects.js';

/**
 * Values come back all the time, so that an old state can only be told from the present one by its
 * version.
 */
const steps = fc.array(
  fc.record({
    doing: fc.constantFrom('put', 'put', 'put', 'remove'),
    /** Which of the states so far the writer knows, counted from the newest; undefined: none. */
    knows: fc.option(fc.nat(5), { nil: undefined }),
    value: fc.nat(1),
  }),
  { maxLength: 25 },
);

const openers: Readonly<Record<string, (subject: Subject | undefined) => Store>> = {
  'memory with compare-and-swap': () => new MemoryStore({ concurrency: 'compare-and-swap' }),
  ...Object.fromEntries(
    Object.keys(subjects).map((name) => [
      name,
      (subject: Subject | undefined) => {
        if (subject === undefined) throw new Error('no double');
        return subject.open({ callTimeoutMs: 5000 });
      },
    ]),
  ),
};

for (const [name, open] of Object.entries(openers)) {
  describe(`histories in which values come back: ${name}`, function () {
    this.timeout(60_000);
    const atEnd = new Cleanup();
    afterEach(() => atEnd.run());

    it('are decided by versions, never by values', async () => {
      const subject = await subjects[name]?.();
      atEnd.add(async () => subject?.server.close());
      const store = open(subject);
      atEnd.add(() => store.close());
      let history = 0;
      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          history += 1;
          const key = history.toString(16).padStart(40, '0');
          const versions: Version[] = [];
          let present: { value: number; version: Version } | undefined;
          for (const { doing, knows, value } of all) {
            const known = knows === undefined ? undefined : versions.at(-1 - knows);
            if (doing === 'remove') {
              if (known === undefined) continue;
              await store.remove(key, known);
              if (known === present?.version) present = undefined;
            } else {
              const put = await store.put(key, Uint8Array.of(value), known);
              expect(put.stored).to.equal(known === present?.version);
              if (put.stored && put.version !== undefined) {
                present = { value, version: put.version };
                versions.push(put.version);
              }
            }
            const { values } = await store.fetch(key);
            expect(values.map((one) => one[0])).to.deep.equal(present === undefined ? [] : [present.value]);
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}

const rounds = histories({ peers: 20, rounds: 5, purges: [0, 0, 1] });

for (const [name, start] of Object.entries(subjects)) {
  describe(`a swarm on ${name} whose answers get lost`, function () {
    this.timeout(120_000);

    it('is what a plain map of its peers would be', async () => {
      await fc.assert(
        fc.asyncProperty(rounds, fc.nat(), async (history, seed) => {
          const subject = await start();
          const store = subject.open({ callTimeoutMs: 5000 });
          try {
            const world = new SwarmWorld(store, [0, 0, 0], seededRandom(seed));
            const random = seededRandom(seed);
            const faults: Fault[] = ['lost before', 'lost after', 'half', { status: 503 }];
            const faulty = (operation: string): Fault | undefined =>
              random() < 0.3 && operation !== 'UpdateItem'
                ? faults[Math.floor(random() * faults.length)]
                : undefined;
            for (const { acts: doing, purges, pause } of history) {
              subject.server.fault = faulty;
              await Promise.all([
                ...doing.map((act) => world.act(act)),
                ...Array.from({ length: purges }, () => world.purge()),
              ]);
              subject.server.fault = () => undefined;
              await world.expectStored();
              world.pause(pause);
            }
          } finally {
            await store.close();
            await subject.server.close();
          }
        }),
        { numRuns: 15 },
      );
    });
  });
}
