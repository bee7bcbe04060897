import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import fc from 'fast-check';

import type { Environment } from '../../../lib/store/lmdb/environment.js';
import { recordsOf } from '../../../lib/store/lmdb/log-record.js';
import type { ShardTable } from '../../../lib/store/lmdb/shard-table.js';
import { rejectionOf } from '../../support/rejection.js';
import { environmentOfEachTest } from './support/open-table.js';

const KEYS = ['a', 'b', 'c', 'd', 'e'];

/** So small that everything that is rare otherwise happens all the time. */
const FEW_BYTES = { recentBytes: 1e6, logBytes: 2000 };
const LITTLE_MEMORY = { recentBytes: 2000, logBytes: 1e6 };
const MUCH = { recentBytes: 1e6, logBytes: 1e6 };

type Step =
  | { readonly kind: 'put' | 'remove'; readonly key: string; readonly stale: boolean }
  | { readonly kind: 'restart' }
  | { readonly kind: 'checkpoint' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('put', 'put', 'put', 'remove'),
      key: fc.constantFrom(...KEYS),
      stale: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'restart' }, { kind: 'checkpoint' }) },
);

describe('shards with a log', function () {
  this.timeout(120_000);
  const opened = environmentOfEachTest();
  let directory: string;
  let environment: Environment;
  let lastVersion = 0;

  beforeEach(() => {
    ({ directory, environment } = opened());
  });

  function valueOf(version: number): Buffer {
    // Some in a row have much in common, as of a shard; a change of another one would make nonsense
    // of it.
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
    await opened().closeTables();
    await environment.shards.clearAsync();
    for (const name of await readdir(directory)) {
      if (name.startsWith('journal.')) await rm(join(directory, name));
    }
  }

  function expectHeld(table: ShardTable, model: ReadonlyMap<string, number>): void {
    for (const key of KEYS) {
      const version = model.get(key);
      const held = table.read(key);
      expect(held.version, key).to.equal(version);
      expect(held.values, key).to.deep.equal(version === undefined ? [] : [valueOf(version)]);
    }
    const keys = KEYS.filter((key) => model.has(key));
    expect(listed(table, 2)).to.deep.equal(keys);
    expect(listed(table, 100)).to.deep.equal(keys);
  }

  function listed(table: ShardTable, limit: number): string[] {
    const keys: string[] = [];
    let cursor: string | undefined;
    do {
      const page = table.keys({ from: 'a', to: 'z' }, cursor, limit);
      keys.push(...page.keys);
      ({ cursor } = page);
    } while (cursor !== undefined);
    return keys;
  }

  for (const [name, limits] of [
    ['a log of few bytes', FEW_BYTES],
    ['little memory', LITTLE_MEMORY],
    ['room', MUCH],
  ] as const) {
    it(`are a map with compare and swap, whenever the process is killed, with ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
          await clear();
          let { table } = opened().openTable(limits);
          const model = new Map<string, number>();
          for (const each of steps) {
            if (each.kind === 'restart') {
              // What is under way in the one before would have ended with its process.
              await table.idle();
              const next = opened().openTable(limits);
              expect(next.damage).to.equal(undefined);
              ({ table } = next);
              continue;
            }
            if (each.kind === 'checkpoint') {
              await table.startAnew();
              continue;
            }
            const { key, kind, stale } = each;
            const current = model.get(key);
            const before = stale ? (current === undefined ? 1 : current - 1) : current;
            if (kind === 'remove' && before === undefined) continue;
            const after = (lastVersion += 2);
            const value = kind === 'put' ? valueOf(after) : undefined;
            const result = await table.write(key, before, value, after);
            expect(result.stored).to.equal(!stale);
            if (!stale && value === undefined) model.delete(key);
            else if (!stale) model.set(key, after);
            expect(result.version).to.equal(model.get(key));
          }
          expectHeld(table, model);
          await table.idle();
          expectHeld(table, model);
          expectHeld(opened().openTable(limits).table, model);
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
            const newest = new Set<string>();
            const { table } = opened().openTable(limits);
            await Promise.all(
              plans.map(async (steps) => {
                for (const each of steps) {
                  if (each.kind === 'restart' || each.kind === 'checkpoint') continue;
                  const before = table.read(each.key).version as number | undefined;
                  if (each.kind === 'remove' && before === undefined) continue;
                  await new Promise(setImmediate);
                  const after = (lastVersion += 2);
                  const value = each.kind === 'put' ? valueOf(after) : undefined;
                  const result = await table.write(each.key, before, value, after);
                  if (!result.stored) continue;
                  // Nothing replaces "none" only once: a removed key can be made again.
                  if (before !== undefined) {
                    expect(replaced.has(`${each.key} ${before}`), `${each.key} ${before}`).to.equal(false);
                    replaced.add(`${each.key} ${before}`);
                  }
                  if (value !== undefined) newest.add(`${each.key} ${after}`);
                }
              }),
            );
            await table.idle();
            // What is held is the one version that was stored and not replaced.
            const model = new Map<string, number>();
            for (const name of newest) {
              if (replaced.has(name)) continue;
              const [key = '', version] = name.split(' ');
              expect(model.has(key)).to.equal(false);
              model.set(key, Number(version));
            }
            expectHeld(table, model);
            expectHeld(opened().openTable(limits).table, model);
          },
        ),
        { numRuns: 40 },
      );
    });
  }

  it('are, after a loss, each as it was at some time, and newest where nothing of it was lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), fc.nat(), async (steps, where) => {
        await clear();
        const { table } = opened().openTable(MUCH);
        const history = new Map<string, (number | undefined)[]>(KEYS.map((key) => [key, [undefined]]));
        const lastRecordOf = new Map<string, number>();
        let records = 0;
        for (const each of steps) {
          if (each.kind === 'restart') continue;
          if (each.kind === 'checkpoint') {
            await table.startAnew();
            records++;
            continue;
          }
          const before = history.get(each.key)?.at(-1);
          if (each.kind === 'remove' && before === undefined) continue;
          const after = (lastVersion += 2);
          await table.write(each.key, before, each.kind === 'put' ? valueOf(after) : undefined, after);
          history.get(each.key)?.push(each.kind === 'put' ? after : undefined);
          lastRecordOf.set(each.key, records++);
        }
        await table.idle();
        const files = await readdir(directory);
        const found = files
          .filter((name) => /^journal\.\d+$/.test(name))
          .map((name) => ({ name, records: [...recordsOf(readFileSync(join(directory, name)))] }))
          .filter((file) => file.records.length > 0);
        const file = found[where % Math.max(found.length, 1)];
        if (file === undefined) return;
        const record = file.records[where % file.records.length];
        if (record === undefined) return;
        const path = join(directory, file.name);
        writeFileSync(path, readFileSync(path).fill(0xff, record.start + 4, record.start + 8));

        const { table: after, damage } = opened().openTable(MUCH);
        if (record.n < records) expect(damage).to.include({ recordsLost: 1 });
        for (const key of KEYS) {
          const held = after.read(key);
          const version = held.version as number | undefined;
          expect(history.get(key), key).to.include(version);
          expect(held.values, key).to.deep.equal(version === undefined ? [] : [valueOf(version)]);
          const isTouched = (lastRecordOf.get(key) ?? -1) >= record.n - 1;
          if (!isTouched) expect(version, key).to.equal(history.get(key)?.at(-1));
        }
        // It is found once.
        if (damage === undefined) return;
        await after.startAnew();
        expect(opened().openTable(MUCH).damage).to.equal(undefined);
      }),
      { numRuns: 150 },
    );
  });

  it('are, after a loss, never older than LMDB has them', async () => {
    const { table } = opened().openTable(MUCH);
    await table.write('b', undefined, valueOf(2), 2);
    await table.write('a', undefined, valueOf(4), 4);
    await table.write('a', 4, undefined, 0);
    await table.write('c', undefined, valueOf(6), 6);
    await table.write('a', undefined, valueOf(8), 8);
    await table.idle();
    // As after a checkpoint whose process was killed before it could cut the log.
    await environment.shards.put('a', valueOf(8), 8);
    const path = join(directory, 'journal.1');
    const file = readFileSync(path);
    const records = [...recordsOf(file)];
    for (const lost of [records[0], records[4]]) file.fill(0xff, lost?.start, lost?.end);
    writeFileSync(path, file);
    const { table: after, damage } = opened().openTable(MUCH);
    expect(damage).to.include({ recordsLost: 1 });
    expectHeld(
      after,
      new Map([
        ['a', 8],
        ['c', 6],
      ]),
    );
  });

  it('are flushed together for as long as each turn of the event loop brings more of them', async () => {
    const { table: shards } = opened().openTable();
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
    const file = readFileSync(join(directory, 'journal.1'));
    expect([...recordsOf(file)]).to.have.length(1);
  });

  it('are flushed though others are written in every turn of the event loop', async () => {
    const { table: shards } = opened().openTable();
    const flushed: string[] = [];
    const others: Promise<unknown>[] = [];
    const first = shards.write('first', undefined, valueOf(1), 1).then(() => flushed.push('first'));
    // However long a flush takes here; without an end to the writes it would never come.
    const until = performance.now() + 8000;
    for (let version = 2; flushed.length === 0 && performance.now() < until; version++) {
      others.push(shards.write(`other ${version}`, undefined, valueOf(version), version));
      await new Promise(setImmediate);
    }
    expect(flushed).to.deep.equal(['first']);
    await Promise.all([first, ...others]);
  });

  it('are told as they are to each of several writers that are refused together', async () => {
    const { table } = opened().openTable({ recentBytes: 0, logBytes: 1e6 });
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

  it('are listed, a page at a time, in a time that does not grow with how many have changed lately', async () => {
    const { table: shards } = opened().openTable({ recentBytes: 1e8, logBytes: 1e8 });
    const keys = Array.from({ length: 60_000 }, (_, i) => String(i).padStart(6, '0'));
    const writeAll = (before: number | undefined, after: number) =>
      Promise.all(keys.map((key) => shards.write(key, before, Buffer.alloc(50, after), after)));
    /** Milliseconds that all pages take, the best of three. */
    const listAll = (): number => {
      const times = [1, 2, 3].map(() => {
        const began = performance.now();
        let listed = 0;
        let cursor: string | undefined;
        do {
          const page = shards.keys({ from: '', to: '~' }, cursor, 64);
          listed += page.keys.length;
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(listed).to.equal(keys.length);
        return performance.now() - began;
      });
      return Math.min(...times);
    };
    await writeAll(undefined, 1);
    await shards.startAnew();
    const before = listAll();
    await writeAll(1, 2);
    // Else it is more than ten times as much.
    expect(listAll()).to.be.below(4 * before + 40);
  });

  it('are checkpointed once for many changes', async () => {
    const { table: shards } = opened().openTable({ recentBytes: 1e6, logBytes: 20_000 });
    let version = 0;
    let checkpoints = 0;
    let checkpointed: number | undefined;
    for (let i = 0; i < 400; i++) {
      const before = version === 0 ? undefined : version;
      await shards.write('a', before, valueOf(++version), version);
      environment.shards.resetReadTxn();
      const now = environment.shards.getEntry('a')?.version;
      if (now !== checkpointed) checkpoints++;
      checkpointed = now;
    }
    await shards.idle();
    expect(checkpoints).to.be.within(1, 20);
  });

  it('are there, with what came since, when a checkpoint fails, and checkpointed in the end', async () => {
    const { table: shards } = opened().openTable({ recentBytes: 1000, logBytes: 1e6 });
    let failures = 0;
    // In the place of the method that all databases have.
    const failing = { batch: () => (failures++, Promise.reject(new Error('arranged'))) };
    Object.assign(environment.shards, failing);
    await shards.write('a', undefined, valueOf(2), 2);
    await shards.write('b', undefined, valueOf(4), 4);
    await shards.write('c', undefined, valueOf(6), 6);
    await rejectionOf(shards.write('d', undefined, valueOf(7), 7));
    expect(failures).to.be.above(0);
    Reflect.deleteProperty(environment.shards, 'batch');
    await shards.write('a', 2, valueOf(8), 8);
    await shards.write('d', undefined, valueOf(10), 10);
    await shards.idle();
    const model = new Map([
      ['a', 8],
      ['b', 4],
      ['c', 6],
      ['d', 10],
    ]);
    expectHeld(shards, model);
    expect(environment.shards.doesExist('b')).to.equal(true);
    expectHeld(opened().openTable().table, model);
  });

  it('take no more room in the log than they may, whatever is written', async () => {
    const limits = { recentBytes: 100_000, logBytes: 200_000 };
    const { table: shards } = opened().openTable(limits);
    const versions = new Map<string, number>();
    for (let i = 0; i < 2000; i++) {
      const key = `k${i % 50}`;
      const version = (lastVersion += 2);
      await shards.write(key, versions.get(key), Buffer.alloc(4000, version), version);
      versions.set(key, version);
    }
    await shards.idle();
    const names = (await readdir(directory)).filter((name) => name.startsWith('journal.'));
    const files = await Promise.all(names.map((name) => stat(join(directory, name))));
    expect(files.reduce((sum, { size }) => sum + size, 0)).to.be.at.most(limits.logBytes);
    for (const [key, version] of versions) expect(shards.read(key).version).to.equal(version);
  });
});
