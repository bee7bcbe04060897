import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import type { Held, PutResult, Store, Version } from '../../lib/store/store.js';

/** Keys that are raced for at once. */
const keysAtOnce = 8;

/**
 * The promises of the store contract that only hold if the store decides one after the other what
 * is asked of one key at once. A single round seldom shows a fault: servers that lose answered puts
 * in a tenth of the rounds pass a few.
 * @param storeOf the store, when the tests run
 * @param rounds of each race
 */
export function raceConformance(storeOf: () => Store, rounds: number): void {
  describe('races', () => {
    it('keeps every answered put when two puts and a remove of one state come at once', async () => {
      const store = storeOf();
      await race(rounds, async (key) => {
        const version = known(await store.put(key, bytes(1)));
        // A server that checks and removes in two steps shows it only if the remove comes first.
        const early = parity(key) ? store.remove(key, version) : undefined;
        const puts = [store.put(key, bytes(2), version), store.put(key, bytes(3), version)] as const;
        const late = parity(key) ? undefined : store.remove(key, version);
        const [first, second] = await Promise.all([...puts, early, late]);
        await expectKept(store, key, [
          [2, first],
          [3, second],
        ]);
      });
    });

    it('keeps every answered put of a key that several create at once', async () => {
      const store = storeOf();
      await race(rounds, async (key) => {
        const values = [1, 2, 3, 4];
        const results = await Promise.all(values.map((value) => store.put(key, bytes(value))));
        await expectKept(
          store,
          key,
          results.map((result, index) => [index + 1, result]),
        );
      });
    });

    it('keeps what is created while a removal from before comes again', async () => {
      const store = storeOf();
      await race(rounds, async (key) => {
        const version = known(await store.put(key, bytes(1)));
        await store.remove(key, version);
        const early = store.remove(key, version);
        const [created] = await Promise.all([store.put(key, bytes(1)), early, store.remove(key, version)]);
        await expectKept(store, key, [[1, created]]);
      });
    });

    it('takes no old state for the present one when a value comes back', async () => {
      const store = storeOf();
      await race(rounds, async (key) => {
        const old = await store.put(key, bytes(1));
        const between = await store.put(key, bytes(2), known(old));
        const back = await store.put(key, bytes(1), known(between));
        const [stale, next] = await Promise.all([
          store.put(key, bytes(8), known(old)),
          store.put(key, bytes(9), known(back)),
          store.remove(key, known(old)),
        ]);
        expect(next.stored).to.equal(true);
        await expectKept(store, key, [
          [8, stale],
          [9, next],
        ]);
      });
    });
  });
}

/** Every put that was answered as stored is held. */
async function expectKept(
  store: Store,
  key: string,
  puts: readonly (readonly [value: number, result: PutResult])[],
): Promise<void> {
  const stored = puts.filter(([, { stored: isStored }]) => isStored).map(([value]) => value);
  expect(contents(await store.fetch(key))).to.include.members(stored);
}

async function race(rounds: number, round: (key: string) => Promise<void>): Promise<void> {
  let left = rounds;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await round(randomBytes(20).toString('hex'));
    }
  };
  await Promise.all(Array.from({ length: keysAtOnce }, worker));
}

/** For half of the keys. */
function parity(key: string): boolean {
  return Number.parseInt(key.slice(-1), 16) % 2 === 0;
}

function bytes(value: number): Uint8Array {
  return Uint8Array.of(value);
}

function contents(held: Held): number[] {
  return held.values.flatMap((value) => [...value]);
}

function known(held: Held): Version {
  if (held.version === undefined) throw new Error('a version was expected');
  return held.version;
}
