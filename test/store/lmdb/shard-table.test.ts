import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import fc from 'fast-check';

import type { Environment } from '../../../lib/store/lmdb/environment.js';
import type { ShardTable } from '../../../lib/store/lmdb/shard-table.js';
import { environmentOfEachTest } from './support/open-table.js';

const KEYS = ['a', 'b', 'c', 'd', 'e'];

/** So small that everything that is rare otherwise happens all the time. */
const SLOTS = 4;
const FEW_BYTES = { recentBytes: 1e6, journalBytes: 1000 };
const MANY_BYTES = { recentBytes: 1e6, journalBytes: 1e6 };

type Step =
  | { readonly kind: 'put' | 'remove'; readonly table: number; readonly key: string; readonly stale: boolean }
  | { readonly kind: 'reopen'; readonly table: number };

const table = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('put', 'put', 'put', 'remove'),
      table,
      key: fc.constantFrom(...KEYS),
      stale: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), table }) },
);

describe('shards with a journal', function () {
  this.timeout(120_000);
  const opened = environmentOfEachTest();
  let directory: string;
  let environment: Environment;
  let lastVersion = 0;

  beforeEach(() => {
    ({ directory, environment } = opened());
  });

  function valueOf(version: number): Buffer {
    // Some in a row have much in common, as of a shard; a change of another one would make nonsense of it.
    const common = Buffer.alloc(
      200,
      createHash('sha256')
        .update(String(version >> 4))
        .digest(),
    );
    const at = 20 + ((version * 37) % 180);
    const own = createHash('sha256')
      .update(`own ${version}`)
      .digest()
      .subarray(version % 3);
    const value = Buffer.concat([common.subarray(0, at), own, common.subarray(at)]);
    value.writeUInt32LE(version, 0);
    return value;
  }

  async function clear(): Promise<void> {
    await opened().closeJournals();
    await environment.shards.clearAsync();
    for (const name of await journalFiles()) await rm(join(directory, name));
  }

  async function journalFiles(): Promise<string[]> {
    return (await readdir(directory)).filter((name) => /^journal\.\d+$/.test(name));
  }

  async function expectHeld(
    tables: readonly ShardTable[],
    model: ReadonlyMap<string, number>,
  ): Promise<void> {
    for (const shards of tables) {
      for (const key of KEYS) {
        const version = model.get(key);
        const held = await shards.read(key);
        expect(held.version, key).to.equal(version);
        expect(held.values, key).to.deep.equal(version === undefined ? [] : [valueOf(version)]);
      }
      const keys = KEYS.filter((key) => model.has(key));
      expect(listed(shards, 2)).to.deep.equal(keys);
      expect(listed(shards, 100)).to.deep.equal(keys);
    }
  }

  function listed(shards: ShardTable, limit: number): string[] {
    const keys: string[] = [];
    let cursor: string | undefined;
    do {
      const page = shards.keys({ from: 'a', to: 'z' }, cursor, limit);
      keys.push(...page.keys);
      ({ cursor } = page);
    } while (cursor !== undefined);
    return keys;
  }

  for (const [name, slots, limits] of [
    ['a journal of few groups', SLOTS, MANY_BYTES],
    ['a journal of few bytes', 32, FEW_BYTES],
  ] as const) {
    it(`are a map with compare and swap, for several processes and after a restart, with ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
          await clear();
          const tables = [0, 1, 2].map(() => opened().openTable(slots, limits));
          const model = new Map<string, number>();
          for (const each of steps) {
            if (each.kind === 'reopen') {
              tables[each.table] = opened().openTable(slots, limits);
              continue;
            }
            const { key, kind, stale } = each;
            const current = model.get(key);
            const before = stale ? (current === undefined ? 1 : current - 1) : current;
            if (kind === 'remove' && before === undefined) continue;
            const after = (lastVersion += 2);
            const value = kind === 'put' ? valueOf(after) : undefined;
            const result = await tables[each.table]?.write(key, before, value, after);
            expect(result?.stored).to.equal(!stale);
            if (!stale && value === undefined) model.delete(key);
            else if (!stale) model.set(key, after);
            expect(result?.version).to.equal(model.get(key));
          }
          await expectHeld([...tables, opened().openTable(slots, limits)], model);
          await Promise.all(tables.map((shards) => shards.idle()));
          await expectHeld([...tables, opened().openTable(slots, limits)], model);
        }),
        { numRuns: 60 },
      );
    });

    it(`let one of several writers win who replace the same version at once, with ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(step, { maxLength: 30 }), { minLength: 6, maxLength: 6 }),
          async (plans) => {
            await clear();
            const replaced = new Set<string>();
            const newest = new Map<string, number | undefined>();
            const tables = [0, 1].map(() => opened().openTable(slots, limits));
            await Promise.all(
              plans.map(async (steps, i) => {
                for (const each of steps) {
                  const shards = tables[i % tables.length] as ShardTable;
                  if (each.kind === 'reopen') continue;
                  const before = (await shards.read(each.key)).version as number | undefined;
                  if (each.kind === 'remove' && before === undefined) continue;
                  const after = (lastVersion += 2);
                  const value = each.kind === 'put' ? valueOf(after) : undefined;
                  const result = await shards.write(each.key, before, value, after);
                  if (!result.stored) continue;
                  // Nothing replaces "none" only once: a removed key can be made again.
                  if (before !== undefined) {
                    expect(replaced.has(`${each.key} ${before}`), `${each.key} ${before}`).to.equal(false);
                    replaced.add(`${each.key} ${before}`);
                  }
                  if (value !== undefined) newest.set(`${each.key} ${after}`, after);
                }
              }),
            );
            await Promise.all(tables.map((shards) => shards.idle()));
            // What is held is the one version that was stored and not replaced.
            const model = new Map<string, number>();
            for (const [name, version] of newest) {
              if (version === undefined || replaced.has(name)) continue;
              const [key = ''] = name.split(' ');
              expect(model.has(key)).to.equal(false);
              model.set(key, version);
            }
            await expectHeld([...tables, opened().openTable(slots, limits)], model);
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  it('are held though a process that slept for rounds wakes up, and writes what it had', async () => {
    const sleeper = opened().openTable(SLOTS);
    await sleeper.write('a', undefined, valueOf(2), 2);
    await sleeper.write('b', undefined, valueOf(4), 4);
    const other = opened().openTable(SLOTS);
    for (let version = 4; version <= 100; version += 2) {
      expect(
        (await other.write('a', version === 4 ? 2 : version - 1, valueOf(version + 1), version + 1)).stored,
      ).to.equal(true);
    }
    expect((await sleeper.write('a', 2, valueOf(1000), 1000)).stored).to.equal(false);
    const model = new Map([
      ['a', 101],
      ['b', 4],
    ]);
    await expectHeld([sleeper, other, opened().openTable(SLOTS)], model);
  });

  it('are read together, and a key that cannot be read fails nobody else', async () => {
    const shards = opened().openTable(64);
    await shards.write('a', undefined, valueOf(2), 2);
    const reads = ['a', 'k'.repeat(5000), 'b'].map((key) => shards.read(key));
    const [a, tooLong, b] = await Promise.allSettled(reads);
    expect(a).to.deep.include({ status: 'fulfilled', value: { values: [valueOf(2)], version: 2 } });
    expect(tooLong?.status).to.equal('rejected');
    expect(b).to.deep.include({ status: 'fulfilled', value: { values: [], version: undefined } });
  });

  it('see in one turn of the event loop what another process was answered in it', async () => {
    const [reader, writer] = [opened().openTable(64), opened().openTable(64)];
    for (let version = 2; version < 40; version += 2) {
      const early = reader.read('a');
      await writer.write('a', version === 2 ? undefined : version - 2, valueOf(version), version);
      expect((await reader.read('a')).version).to.equal(version);
      await early;
    }
  });

  it('are flushed together for as long as each turn of the event loop brings more of them', async () => {
    const shards = opened().openTable(64);
    const writes: Promise<unknown>[] = [];
    const write = (key: string, version: number): void => {
      writes.push(shards.write(key, undefined, valueOf(version), version));
    };
    for (const [turn, key] of KEYS.entries()) {
      write(`${key} one`, 2 * turn + 1);
      write(`${key} other`, 2 * turn + 2);
      await new Promise(setImmediate);
    }
    await Promise.all(writes);
    expect(opened().openJournal().readAll()).to.have.length(1);
  });

  it('are flushed though others are written in every turn of the event loop', async () => {
    const shards = opened().openTable(64);
    const flushed: string[] = [];
    const others: Promise<unknown>[] = [];
    const first = shards.write('first', undefined, valueOf(1), 1).then(() => flushed.push('first'));
    for (let version = 2; flushed.length === 0 && version < 10_000; version++) {
      others.push(shards.write(`other ${version}`, undefined, valueOf(version), version));
      await new Promise(setImmediate);
    }
    expect(flushed).to.deep.equal(['first']);
    await Promise.all([first, ...others]);
  });

  it('are told as they are to each of several writers that are refused together', async () => {
    const table = opened().openTable(64, { recentBytes: 0, journalBytes: 1e6 });
    const values = new Map(KEYS.map((key, i) => [key, Buffer.alloc(300 + i, key)]));
    for (const [i, [key, value]] of [...values].entries()) await table.write(key, undefined, value, 10 + i);
    await table.write('last', undefined, Buffer.alloc(10), 20);
    await table.idle();
    for (const key of KEYS) expect(environment.shards.doesExist(key), key).to.equal(true);
    const results = await Promise.all(KEYS.map((key) => table.write(key, 1, Buffer.alloc(1), 21)));
    for (const [i, key] of KEYS.entries()) {
      expect(results[i]).to.deep.include({ stored: false, version: 10 + i });
      expect(results[i]?.values).to.deep.equal([values.get(key)]);
    }
  });

  it('are put into their places once for many changes', async () => {
    const shards = opened().openTable(64);
    let version = 0;
    for (let i = 0; i < 200; i++) {
      const before = version === 0 ? undefined : version;
      await shards.write('a', before, valueOf(++version), version);
    }
    await shards.idle();
    const placed = environment.shards.getEntry('a')?.version ?? 0;
    // Never longer ago than the journal reaches, though rarely.
    expect(placed).to.be.greaterThan(200 - 64);
    expect(placed).to.be.lessThan(200);
  });

  it('take no more room in the journal than they may, whatever is written', async () => {
    const limits = { recentBytes: 100_000, journalBytes: 200_000 };
    const shards = opened().openTable(16_384, limits);
    const versions = new Map<string, number>();
    const write = async (rounds: number): Promise<void> => {
      for (let i = 0; i < rounds; i++) {
        const key = `k${i % 50}`;
        const version = (lastVersion += 2);
        const value = Buffer.alloc(4000, version);
        await shards.write(key, versions.get(key), value, version);
        versions.set(key, version);
      }
      await shards.idle();
    };
    await write(2000);
    const files = await Promise.all((await journalFiles()).map((name) => stat(join(directory, name))));
    expect(files.reduce((sum, { size }) => sum + size, 0)).to.be.at.most(limits.journalBytes);
    for (const [key, version] of versions) expect((await shards.read(key)).version).to.equal(version);
  });
});
