import { expect } from 'chai';
import fc from 'fast-check';

import { CLIENTS_KEY, ClientStore } from '../../../lib/policy/clients/client-store.js';
import { ListError } from '../../../lib/policy/lists/list-index.js';
import { MemoryStore, type MemoryStoreOptions } from '../../support/memory-store.js';
import { rejectionOf } from '../../support/rejection.js';

for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
  describe(`the stored list of clients, on a store with ${concurrency}`, () => {
    const clock = { now: (): number => 1_700_000_000_000 };

    function site(options: Partial<MemoryStoreOptions> = {}): { store: MemoryStore; clients: ClientStore } {
      const store = new MemoryStore({ concurrency, ...options });
      return { store, clients: new ClientStore(store, clock) };
    }

    it('gets and loses prefixes, and is replaced as a whole', async () => {
      const { clients } = site();
      expect((await clients.read()).prefixes).to.deep.equal([]);
      await clients.edit(['-TR', '-UT'], []);
      await clients.edit(['-AZ', '-TR'], ['-UT', '-XX']);
      expect((await clients.read()).prefixes).to.deep.equal(['-AZ', '-TR']);
      expect((await clients.replace(['-qB'])).before).to.equal(2);
      expect((await clients.read()).prefixes).to.deep.equal(['-qB']);
    });

    it('is not written for a change that changes nothing', async () => {
      const { store, clients } = site();
      await clients.edit(['-TR'], []);
      const { put } = store.operations;
      await clients.edit(['-TR'], ['-UT']);
      expect(store.operations.put).to.equal(put);
    });

    it('has every change of processes that change it at the same moment', async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 4 }), async (scheduler, writers) => {
          const { store } = site({
            schedule: (label) => scheduler.schedule(Promise.resolve(), label),
          });
          const running = { isDone: false };
          const writing = Promise.all(
            Array.from({ length: writers }, (_, n) => new ClientStore(store, clock).edit([`-W${n}`], [])),
          ).finally(() => {
            running.isDone = true;
          });
          const pump = (async () => {
            while (!running.isDone || scheduler.count() > 0) {
              if (scheduler.count() > 0) await scheduler.waitNext(1);
              else await new Promise((resolve) => setTimeout(resolve, 1));
            }
          })();
          await Promise.all([writing, pump]);
          const { values } = await Promise.all([store.fetch(CLIENTS_KEY), scheduler.waitIdle()]).then(
            ([held]) => held,
          );
          expect(values).to.have.length(1);
          const reading = new ClientStore(store, clock).read();
          await scheduler.waitIdle();
          expect((await reading).prefixes).to.deep.equal(Array.from({ length: writers }, (_, n) => `-W${n}`));
        }),
        { numRuns: 20 },
      );
    });

    it('that is damaged, or of a later version, is refused and not taken for an empty one', async () => {
      const { store, clients } = site();
      for (const text of ['{', 'null', '{"format":2}', '{"format":1,"prefixes":[]}']) {
        await store.put(CLIENTS_KEY, Buffer.from(text), (await store.fetch(CLIENTS_KEY)).version);
        expect(await rejectionOf(clients.read())).to.be.instanceOf(ListError);
      }
    });
  });
}
