import { randomBytes } from 'node:crypto';

import { expect } from 'chai';
import fc from 'fast-check';

import { StoreError } from '../../lib/store/errors.js';
import type { Held, PutResult, Store, Version } from '../../lib/store/store.js';
import { rejectionOf } from '../support/rejection.js';
import { raceConformance } from './conformance-races.js';

export interface OpenedStore {
  readonly store: Store;
  /** Ends the store and whatever was started for it. */
  close(): Promise<void>;
}

export interface ConformanceOptions {
  /** Milliseconds for each test; a store at the other end of a network is slow. */
  readonly timeout?: number;
  /** Runs of the random-operations test. */
  readonly runs?: number;
  /** How long a removed key may still be listed, milliseconds; 0 unless it is said. */
  readonly tombstoneMs?: number;
  /** Rounds of each race. */
  readonly raceRounds?: number;
}

/**
 * Every promise of the store contract (lib/store/store.ts) as a test. Keys are random, so a shared
 * database will do.
 */
export function storeConformance(
  name: string,
  open: () => Promise<OpenedStore>,
  options: ConformanceOptions = {},
): void {
  describe(`store contract: ${name}`, function () {
    this.timeout(options.timeout ?? 60_000);
    let opened: OpenedStore;
    let store: Store;

    before(async () => {
      opened = await open();
      store = opened.store;
    });

    after(() => opened.close());

    describe('fetch and put', () => {
      it('answers no value and no version for a key that was never put', async () => {
        expect(await store.fetch(randomKey())).to.deep.equal({ values: [], version: undefined });
      });

      it('fetches the value that was put', async () => {
        const key = randomKey();
        const put = await store.put(key, bytes(1, 2, 3));
        expect(put.stored).to.equal(true);
        expect(contents(put)).to.deep.equal([[1, 2, 3]]);
        expect(contents(await store.fetch(key))).to.deep.equal([[1, 2, 3]]);
      });

      it('replaces a value when put with the version that the put of it answered', async () => {
        const key = randomKey();
        const first = await store.put(key, bytes(1));
        const second = await store.put(key, bytes(2), known(first));
        expect(second.stored).to.equal(true);
        expect(contents(second)).to.deep.equal([[2]]);
        expect(contents(await store.fetch(key))).to.deep.equal([[2]]);
      });

      it('replaces a value when put with the version that a fetch answered', async () => {
        const key = randomKey();
        await store.put(key, bytes(1));
        await store.put(key, bytes(2), known(await store.fetch(key)));
        expect(contents(await store.fetch(key))).to.deep.equal([[2]]);
      });

      it('keeps values of 0 bytes to 64 KB with every byte value', async () => {
        for (const length of [0, 1, 255, 4096, 4097, 32_768, 65_535, 65_536]) {
          const key = randomKey();
          const value = Uint8Array.from({ length }, (_, index) => (index * 31 + length) % 256);
          await store.put(key, value);
          const held = await store.fetch(key);
          expect(held.values, `${length} bytes`).to.have.length(1);
          expect(Buffer.compare(only(held), value), `${length} bytes`).to.equal(0);
        }
      });

      it('gives values that a later write does not change', async () => {
        const key = randomKey();
        const first = await store.put(key, new Uint8Array(5000).fill(1));
        const before = await store.fetch(key);
        await store.put(key, new Uint8Array(5000).fill(2), known(first));
        await store.fetch(key);
        expect(only(before)).to.deep.equal(only({ ...before, values: [Buffer.alloc(5000, 1)] }));
      });

      it('holds the shards of one infohash apart', async () => {
        const infohash = randomKey();
        const keys = [infohash, `${infohash}.1`, `${infohash}.12`, `${infohash}.65535`];
        await Promise.all(keys.map((key, index) => store.put(key, bytes(index))));
        for (const [index, key] of keys.entries()) {
          expect(contents(await store.fetch(key))).to.deep.equal([[index]]);
        }
      });

      it('does not write over a value that the writer has not seen, and shows it', async () => {
        const key = randomKey();
        await store.put(key, bytes(1));
        const blind = await store.put(key, bytes(2));
        expect(contents(blind)).to.deep.include([1]);
        expect(contents(await store.fetch(key))).to.deep.include([1]);
        expectHeldIfStored(blind, 2);
      });

      it('does not write over a value that is newer than the version put with', async () => {
        const key = randomKey();
        const first = await store.put(key, bytes(1));
        await store.put(key, bytes(2), known(first));
        const stale = await store.put(key, bytes(3), known(first));
        expect(contents(stale)).to.deep.include([2]);
        expectHeldIfStored(stale, 3);
        expect(contents(await store.fetch(key))).to.deep.include([2]);
      });

      it('replaces all that it showed when put with the version it showed', async () => {
        const key = randomKey();
        await store.put(key, bytes(1));
        const shown = await store.put(key, bytes(2));
        const merged = await store.put(key, bytes(1, 2), known(shown));
        expect(merged.stored).to.equal(true);
        expect(contents(merged)).to.deep.equal([[1, 2]]);
      });

      it('loses nothing of writers that add to one key at once', async () => {
        const key = randomKey();
        const members = Array.from({ length: 24 }, (_, index) => index);
        await Promise.all(members.map((member) => addMember(store, key, member)));
        expect(union(await store.fetch(key))).to.deep.equal(members);
        const merged = await addMember(store, key, 0);
        expect(merged.values).to.have.length(1);
        expect(union(merged)).to.deep.equal(members);
      });

      it('loses nothing of writers that keep what they know between writes', async () => {
        const key = randomKey();
        const writers = [0, 1, 2, 3].map(async (writer) => {
          let seen: Held = { values: [], version: undefined };
          for (let step = 0; step < 8; step += 1) {
            seen = await addMember(store, key, writer * 8 + step, seen);
          }
        });
        await Promise.all(writers);
        expect(union(await store.fetch(key))).to.deep.equal(Array.from({ length: 32 }, (_, index) => index));
      });

      it('writes many keys at once without mixing them up', async () => {
        const keys = Array.from({ length: 200 }, randomKey);
        await Promise.all(keys.map((key) => store.put(key, Buffer.from(key))));
        const held = await Promise.all(keys.map((key) => store.fetch(key)));
        expect(held.map((one) => Buffer.from(only(one)).toString())).to.deep.equal(keys);
      });
    });

    describe('remove', () => {
      it('removes the value that the version covers', async () => {
        const key = randomKey();
        await store.remove(key, known(await store.put(key, bytes(1))));
        expect(contents(await store.fetch(key))).to.deep.equal([]);
      });

      it('is no error when the value is gone already', async () => {
        const key = randomKey();
        const version = known(await store.put(key, bytes(1)));
        await store.remove(key, version);
        await store.remove(key, version);
        expect(contents(await store.fetch(key))).to.deep.equal([]);
      });

      it('leaves a value that is newer than the version', async () => {
        const key = randomKey();
        const first = await store.put(key, bytes(1));
        await store.put(key, bytes(2), known(first));
        await store.remove(key, known(first));
        expect(contents(await store.fetch(key))).to.deep.equal([[2]]);
      });

      it('leaves a value that is put at the same time', async () => {
        for (let round = 0; round < 20; round += 1) {
          const key = randomKey();
          const version = known(await store.put(key, bytes(1)));
          await Promise.all([store.remove(key, version), addMember(store, key, 2)]);
          expect(union(await store.fetch(key)), `round ${round}`).to.include(2);
        }
      });

      it('lets the key be put anew without a version', async () => {
        const key = randomKey();
        await store.remove(key, known(await store.put(key, bytes(1))));
        const put = await store.put(key, bytes(2));
        expect(put.stored).to.equal(true);
        expect(contents(await store.fetch(key))).to.deep.equal([[2]]);
      });

      it('never lets a version from before a removal replace or remove what was put after it', async () => {
        const key = randomKey();
        const old = known(await store.put(key, bytes(1)));
        await store.remove(key, old);
        await store.put(key, bytes(1));
        await store.remove(key, old);
        expect(contents(await store.fetch(key))).to.deep.equal([[1]]);
        const stale = await store.put(key, bytes(9), old);
        expect(contents(stale)).to.deep.include([1]);
        expect(contents(await store.fetch(key))).to.deep.include([1]);
      });

      it('lets a writer with a version from before a removal finish', async () => {
        const key = randomKey();
        const put = await store.put(key, bytes(1));
        await store.remove(key, known(put));
        await addMember(store, key, 2, put);
        expect(union(await store.fetch(key))).to.include(2);
      });
    });

    describe('counts', () => {
      it('are 0 before the first increment', async () => {
        expect(await store.count(randomKey())).to.equal(0);
      });

      it('add up what was incremented', async () => {
        const key = randomKey();
        await store.increment(key, 1);
        await store.increment(key, 41);
        expect(await store.count(key)).to.equal(42);
      });

      it('are exact when incremented at once', async () => {
        const key = randomKey();
        await Promise.all(Array.from({ length: 100 }, (_, index) => store.increment(key, index + 1)));
        expect(await store.count(key)).to.equal(5050);
      });

      it('stay exact when incremented by 0', async () => {
        const key = randomKey();
        await store.increment(key, 0);
        await store.increment(key, 3);
        await store.increment(key, 0);
        expect(await store.count(key)).to.equal(3);
      });

      it('are apart from the shards of the same infohash', async () => {
        const key = randomKey();
        await store.increment(key, 7);
        expect(contents(await store.fetch(key))).to.deep.equal([]);
        await store.remove(key, known(await store.put(key, bytes(1))));
        expect(await store.count(key)).to.equal(7);
      });

      it('are 0 once they are removed, and begin anew', async function () {
        if (store.removeCount === undefined) this.skip();
        const [key, other] = [randomKey(), randomKey()];
        const put = await store.put(key, bytes(1));
        await Promise.all([store.increment(key, 5), store.increment(other, 6)]);
        await store.removeCount(key);
        expect(await store.count(key)).to.equal(0);
        await store.removeCount(key);
        await store.removeCount(randomKey());
        await store.increment(key, 2);
        expect(await store.count(key)).to.equal(2);
        expect(await store.count(other)).to.equal(6);
        expect(contents(await store.fetch(key))).to.deep.equal(contents(put));
      });

      it('lose increments of the moment of a removal at most, never one that came after', async function () {
        if (store.removeCount === undefined) this.skip();
        const key = randomKey();
        await store.increment(key, 1000);
        const together = [store.increment(key, 1), store.removeCount(key), store.increment(key, 2)];
        await Promise.all(together);
        await store.increment(key, 10);
        expect(await store.count(key)).to.be.within(10, 13);
      });
    });

    describe('keys', () => {
      it('lists every key of a range once and in order, page by page', async () => {
        const prefix = randomPrefix();
        const keys = prefixedKeys(prefix, 10);
        await Promise.all(keys.map((key) => store.put(key, bytes(1))));
        for (const limit of [1, 3, 10, 50]) {
          const pages = await listPages(store, prefix, limit);
          expect(pages.flat(), `pages of ${limit}`).to.deep.equal(keys);
          expect(Math.max(...pages.map((page) => page.length))).to.be.at.most(limit);
        }
      });

      it('lists the keys of split swarms beside each other', async () => {
        const prefix = randomPrefix();
        const [first = '', second = ''] = prefixedKeys(prefix, 2);
        const keys = [first, `${first}.1`, `${first}.12`, `${first}.2`, second];
        await Promise.all(keys.map((key) => store.put(key, bytes(1))));
        expect((await listPages(store, prefix, 2)).flat()).to.deep.equal(keys);
      });

      it('includes the start of a range and excludes its end', async () => {
        const keys = prefixedKeys(randomPrefix(), 4);
        await Promise.all(keys.map((key) => store.put(key, bytes(1))));
        const [from = '', middle, , to = ''] = keys;
        const page = await store.keys({ from, to }, undefined, 100);
        expect(page.keys).to.deep.equal([from, middle, keys[2]]);
        expect(page.cursor).to.equal(undefined);
      });

      it('lists the keys of policies, which are no infohashes', async () => {
        const prefix = `policy.test-${randomPrefix()}.`;
        const keys = prefixedKeys(prefix, 3);
        await Promise.all(keys.map((key) => store.put(key, bytes(1))));
        const range = { from: prefix, to: `${prefix}~` };
        expect((await store.keys(range, undefined, 100)).keys).to.deep.equal(keys);
        const first = await store.keys(range, undefined, 2);
        expect(first.keys).to.deep.equal(keys.slice(0, 2));
        expect((await store.keys(range, first.cursor, 2)).keys).to.deep.equal(keys.slice(2));
      });

      it('lists neither removed keys nor counts', async () => {
        const prefix = randomPrefix();
        const [kept = '', removed = '', counted = ''] = prefixedKeys(prefix, 3);
        await store.put(kept, bytes(1));
        await store.remove(removed, known(await store.put(removed, bytes(1))));
        await store.increment(counted, 1);
        const until = performance.now() + (options.tombstoneMs ?? 0) * 2;
        let listed = (await listPages(store, prefix, 10)).flat();
        while (listed.length > 1 && performance.now() < until) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          listed = (await listPages(store, prefix, 10)).flat();
        }
        expect(listed).to.deep.equal([kept]);
      });

      it('answers an empty page without a cursor for a range without keys', async () => {
        const prefix = randomPrefix();
        const page = await store.keys({ from: prefix, to: `${prefix}g` }, undefined, 10);
        expect(page).to.deep.equal({ keys: [] });
      });

      it('goes on after a cursor whose key was removed', async () => {
        const prefix = randomPrefix();
        const [first = '', second = '', third = ''] = prefixedKeys(prefix, 3);
        await store.put(first, bytes(1));
        const version = known(await store.put(second, bytes(1)));
        await store.put(third, bytes(1));
        const range = { from: prefix, to: `${prefix}g` };
        const page = await store.keys(range, undefined, 2);
        expect(page.keys).to.deep.equal([first, second]);
        await store.remove(second, version);
        // Behind the cursor it is not listed, tombstone or not.
        expect((await store.keys(range, page.cursor, 2)).keys).to.deep.equal([third]);
      });
    });

    raceConformance(() => store, options.raceRounds ?? 100);

    it('behaves like a plain map under any sequence of operations', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyOperation(), { maxLength: 30 }), (operations) =>
          compareWithModel(store, operations),
        ),
        { numRuns: options.runs ?? 30 },
      );
    });

    it('passes its own check while it serves', async () => {
      await store.check();
    });

    describe('close', () => {
      it('answers what is under way, any number of times, and refuses every call after it', async () => {
        const other = await open();
        const key = randomKey();
        const pending = other.store.put(key, bytes(1));
        await Promise.all([other.store.close(), other.store.close()]);
        await other.store.close();
        expect((await pending).stored).to.equal(true);

        const version = known(await pending);
        const calls: (() => Promise<unknown>)[] = [
          () => other.store.fetch(key),
          () => other.store.put(key, bytes(2), version),
          () => other.store.remove(key, version),
          () => other.store.increment(key, 1),
          () => other.store.count(key),
          ...(other.store.removeCount === undefined ? [] : [() => removeCount(other.store, key)]),
          () => other.store.keys({ from: '0', to: 'g' }, undefined, 1),
          () => other.store.check(),
        ];
        for (const call of calls) expect(await rejectionOf(call())).to.be.instanceOf(StoreError);
        await other.close();
      });
    });
  });
}

async function removeCount(store: Store, key: string): Promise<void> {
  await store.removeCount?.(key);
}

/** 20 random bytes in hex, as an infohash. */
function randomKey(): string {
  return randomBytes(20).toString('hex');
}

/** Enough random digits that nobody else has keys below them. */
function randomPrefix(): string {
  return randomBytes(16).toString('hex');
}

/** At most 16 infohashes with a prefix, in order. */
function prefixedKeys(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index.toString(16)}0000000`);
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

function contents(held: Held): number[][] {
  return held.values.map((value) => [...value]);
}

function only(held: Held): Uint8Array {
  const [value, ...others] = held.values;
  if (value === undefined || others.length > 0) throw new Error(`${held.values.length} values are held`);
  return value;
}

function known(held: Held): Version {
  if (held.version === undefined) throw new Error('a version was expected');
  return held.version;
}

/**
 * A store with siblings keeps the value beside the others; one with compare-and-swap says that it
 * did not.
 */
function expectHeldIfStored(result: PutResult, value: number): void {
  const mentioned = contents(result).some((one) => one.length === 1 && one[0] === value);
  expect(mentioned).to.equal(result.stored);
}

/** The members of a set of numbers below 256 that is held as a byte each, of all siblings. */
function union(held: Held): number[] {
  return [...new Set(contents(held).flat())].sort((a, b) => a - b);
}

/**
 * Adds to the set as the swarm layer does: merge, put, and again until it is stored. Siblings are
 * left to the next writer: writers in step, each of which went on until its value is alone, would
 * never end.
 */
async function addMember(store: Store, key: string, member: number, seen?: Held): Promise<PutResult> {
  let held = seen ?? (await store.fetch(key));
  for (;;) {
    const merged = Uint8Array.from(new Set([...union(held), member]));
    const result = await store.put(key, merged, held.version);
    if (result.stored) return result;
    held = result;
  }
}

async function listPages(store: Store, prefix: string, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    // `g` comes after every hex digit and after the dot.
    const page = await store.keys({ from: prefix, to: `${prefix}g` }, cursor, limit);
    pages.push([...page.keys]);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pages;
}

/** What one client does to a few keys: it knows the newest state, an older one, or nothing. */
interface ModelOperation {
  readonly kind: 'put' | 'remove' | 'fetch' | 'increment' | 'remove count';
  readonly key: number;
  readonly knows: 'newest' | 'older' | 'nothing';
  readonly value: number;
}

function anyOperation(): fc.Arbitrary<ModelOperation> {
  return fc.record({
    kind: fc.constantFrom('put', 'remove', 'fetch', 'increment', 'remove count'),
    key: fc.nat(2),
    knows: fc.constantFrom('newest', 'older', 'nothing'),
    value: fc.nat(255),
  });
}

/** What has to be held under a key, and the versions of its states, oldest first. */
interface ModelKey {
  readonly key: string;
  values: number[];
  count: number;
  /** Which values a version covers: those held when it was answered. */
  readonly versions: { readonly version: Version; readonly covers: readonly number[] }[];
}

/**
 * Values are told apart by a serial number in front, so that the model knows which of them a
 * version covers.
 */
async function compareWithModel(store: Store, operations: readonly ModelOperation[]): Promise<void> {
  const keys = [0, 1, 2].map((): ModelKey => ({ key: randomKey(), values: [], count: 0, versions: [] }));
  for (const [serial, operation] of operations.entries()) {
    const model = keys[operation.key];
    if (model === undefined) throw new Error('no such key');
    await applyToBoth(store, model, operation, serial);
    const held = await store.fetch(model.key);
    expect(serials(held)).to.deep.equal(model.values);
    expect(await store.count(model.key)).to.equal(model.count);
    if (held.version !== undefined) model.versions.push({ version: held.version, covers: model.values });
  }
}

async function applyToBoth(
  store: Store,
  model: ModelKey,
  operation: ModelOperation,
  serial: number,
): Promise<void> {
  const known =
    operation.knows === 'nothing' ? undefined : model.versions.at(operation.knows === 'newest' ? -1 : 0);
  switch (operation.kind) {
    case 'fetch':
      break;
    case 'increment':
      await store.increment(model.key, operation.value);
      model.count += operation.value;
      break;
    case 'remove count':
      if (store.removeCount === undefined) break;
      await store.removeCount(model.key);
      model.count = 0;
      break;
    case 'remove':
      if (known === undefined) break;
      await store.remove(model.key, known.version);
      model.values = model.values.filter((value) => !known.covers.includes(value));
      break;
    case 'put': {
      const result = await store.put(model.key, bytes(serial, operation.value), known?.version);
      const covers = known?.covers ?? [];
      const unseen = model.values.filter((value) => !covers.includes(value));
      // A refusal is for writers that did not know what is held.
      const upToDate = unseen.length === 0 && covers.every((value) => model.values.includes(value));
      if (upToDate) expect(result.stored).to.equal(true);
      if (result.stored) model.values = [...unseen, serial].sort((a, b) => a - b);
      expect(serials(result)).to.deep.equal(model.values);
      break;
    }
  }
}

function serials(held: Held): number[] {
  return contents(held)
    .map(([serial = -1]) => serial)
    .sort((a, b) => a - b);
}
