import { expect } from 'chai';
import fc from 'fast-check';

import { sortInfohashes } from '../../../lib/policy/lists/infohashes.js';
import { entriesOf, INDEX_KEY, ListError, PART_KEYS } from '../../../lib/policy/lists/list-index.js';
import { ListStore } from '../../../lib/policy/lists/list-store.js';
import { StoredList } from '../../../lib/policy/lists/stored-list.js';
import type { Store } from '../../../lib/store/store.js';
import { MemoryStore, type MemoryStoreOptions } from '../../support/memory-store.js';
import { RecordingLog } from '../../support/recording-log.js';
import { rejectionOf } from '../../support/rejection.js';
import { hashes } from './support.js';

const NOTHING = Buffer.alloc(0);

async function contentOf(list: ListStore): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of list.export()) parts.push(part);
  return Buffer.concat(parts);
}

async function partKeys(store: Store): Promise<readonly string[]> {
  return (await store.keys(PART_KEYS, undefined, 10_000)).keys;
}

for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
  describe(`the stored list, on a store with ${concurrency}`, () => {
    let milliseconds = 1_700_000_000_000;
    const clock = { now: (): number => milliseconds };

    function site(options: Partial<MemoryStoreOptions> = {}): { store: MemoryStore; list: ListStore } {
      const store = new MemoryStore({ concurrency, ...options });
      return { store, list: new ListStore(store, clock) };
    }

    it('is empty at first', async () => {
      const { list } = site();
      expect(await list.has(Buffer.alloc(20))).to.equal(false);
      expect((await contentOf(list)).length).to.equal(0);
    });

    it('gets and loses infohashes as a set does, however large it becomes', async () => {
      const { store, list } = site();
      await list.edit(hashes(0, 10), NOTHING);
      await list.edit(hashes(5, 40_000), hashes(0, 3));
      await list.edit(NOTHING, hashes(100, 200));
      const expected = sortInfohashes(Buffer.concat([hashes(3, 100), hashes(200, 40_000)]));
      expect((await contentOf(list)).equals(expected)).to.equal(true);
      const { bits, parts } = await list.index();
      expect(bits).to.be.above(0);
      // Nothing is left of what was replaced.
      expect(await partKeys(store)).to.have.length(parts.length);
    });

    it('is replaced as a whole', async () => {
      const { store, list } = site();
      await list.replace(hashes(0, 30_000));
      await list.replace(hashes(20_000, 25_000));
      expect((await contentOf(list)).equals(hashes(20_000, 25_000))).to.equal(true);
      expect(await partKeys(store)).to.have.length((await list.index()).parts.length);
      await list.replace(NOTHING);
      expect(entriesOf(await list.index())).to.equal(0);
      expect(await partKeys(store)).to.have.length(0);
    });

    it('is not written for a change that changes nothing', async () => {
      const { store, list } = site();
      await list.edit(hashes(0, 10), NOTHING);
      const { revision } = await list.index();
      const { put } = store.operations;
      await list.edit(hashes(3, 5), hashes(20, 30));
      expect([(await list.index()).revision, store.operations.put]).to.deep.equal([revision, put]);
    });

    it('stays as it was when a change breaks off, wherever that is', async function () {
      this.timeout(60_000);
      const many = hashes(0, 9000);
      for (const fault of ['before', 'after'] as const) {
        for (let failing = 0; failing < 12; failing++) {
          let calls = -Infinity;
          const { store, list } = site({
            fault: (operation) => (operation !== 'fetch' && calls++ >= failing ? fault : 'none'),
          });
          await list.replace(hashes(0, 3));
          calls = 0;
          await list.replace(many).catch(() => undefined);
          calls = -Infinity;
          const content = await contentOf(new ListStore(store, clock));
          expect([3, 9000]).to.include(content.length / 20);
          // What was broken off is cleaned away by an import that comes later.
          milliseconds += 7_200_000;
          await list.replace(hashes(7, 9));
          expect(await partKeys(store)).to.have.length(1);
        }
      }
    });

    it('has every change of processes that change it at the same moment, and is never half of one', async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 4 }), async (scheduler, writers) => {
          let isScheduled = false;
          const { store, list } = site({
            schedule: (label) =>
              isScheduled ? scheduler.schedule(Promise.resolve(), label) : Promise.resolve(),
          });
          // 100 and 101 are removed or stay together with what replaces them.
          await list.replace(hashes(100, 104));
          isScheduled = true;
          const running = { isDone: false };
          const done = Array.from({ length: writers }, (_, n) =>
            new ListStore(store, clock).edit(hashes(10 * n, 10 * n + 3), hashes(100 + n, 101 + n)),
          );
          const reader = new StoredList({
            store: new ListStore(store, clock),
            clock,
            log: new RecordingLog(),
            seconds: 60,
            whole: true,
          });
          const reading = (async () => {
            while (!running.isDone) {
              await reader.reload().catch(() => undefined);
              for (let n = 0; n < writers && reader.state().entries !== undefined; n++) {
                const added: boolean[] = [];
                for (const k of [0, 1, 2]) added.push(await reader.has(hashes(10 * n + k, 10 * n + k + 1)));
                const isRemoved = !(await reader.has(hashes(100 + n, 101 + n)));
                expect(new Set([...added, isRemoved]).size, 'half of a change').to.equal(1);
              }
              await new Promise((resolve) => setImmediate(resolve));
            }
          })();
          const writing = Promise.all(done).finally(() => {
            running.isDone = true;
            isScheduled = false;
          });
          const pump = (async () => {
            while (!running.isDone || scheduler.count() > 0) {
              if (scheduler.count() > 0) await scheduler.waitNext(1);
              else await new Promise((resolve) => setTimeout(resolve, 1));
            }
          })();
          await Promise.all([writing, reading, pump]);
          const expected = [hashes(100 + writers, 104)];
          for (let n = 0; n < writers; n++) expected.push(hashes(10 * n, 10 * n + 3));
          expect((await contentOf(list)).equals(sortInfohashes(Buffer.concat(expected)))).to.equal(true);
        }),
        { numRuns: 20 },
      );
    });

    it('that is damaged, or of a later version, is refused and not taken for an empty one', async () => {
      const { store, list } = site();
      await list.replace(hashes(0, 3));
      const [key = ''] = await partKeys(store);
      const part = await store.fetch(key);
      await store.put(key, Buffer.from('damaged'), part.version);
      expect(await rejectionOf(list.has(hashes(0, 1)))).to.be.instanceOf(ListError);
      for (const text of ['{', 'null', '{"format":2}', '{"format":1,"bits":1,"parts":[]}']) {
        await store.put(INDEX_KEY, Buffer.from(text), (await store.fetch(INDEX_KEY)).version);
        expect(await rejectionOf(list.index())).to.be.instanceOf(ListError);
      }
    });
  });
}

describe('the stored list of two writers, one of which ended before it saw the other', () => {
  it('has what both of them changed', async () => {
    const clock = { now: (): number => 1_700_000_000_000 };
    const store = new MemoryStore({ concurrency: 'siblings' });
    const list = new ListStore(store, clock);
    await list.replace(hashes(0, 3));
    const before = await store.fetch(INDEX_KEY);
    await list.edit(hashes(10, 11), NOTHING);
    // It still names the part that was replaced meanwhile, and would win.
    const late = JSON.parse(Buffer.from(before.values[0] ?? NOTHING).toString()) as object;
    await store.put(
      INDEX_KEY,
      Buffer.from(
        JSON.stringify({
          ...late,
          revision: 2,
          writer: 'z',
          edits: [{ id: 'e', added: hashes(30, 31).toString('base64'), removed: '' }],
        }),
      ),
      before.version,
    );
    expect((await store.fetch(INDEX_KEY)).values).to.have.length(2);

    const other = new ListStore(store, clock);
    expect(await other.has(hashes(10, 11))).to.equal(true);
    await new ListStore(store, clock).edit(hashes(20, 21), NOTHING);
    expect(
      (await contentOf(list)).equals(
        sortInfohashes(Buffer.concat([hashes(0, 3), hashes(10, 11), hashes(20, 21), hashes(30, 31)])),
      ),
    ).to.equal(true);
    expect((await store.fetch(INDEX_KEY)).values).to.have.length(1);
  });
});
