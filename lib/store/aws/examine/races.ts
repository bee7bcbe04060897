/**
 * Whether a server decides one after the other what many writers ask of one key at once. Several
 * that speak these APIs do not.
 */
import type { Store } from '../../store.js';

/** What a race has shown. */
export interface RaceResult {
  readonly rounds: number;
  /**
   * Rounds in which an answered write was gone, or two writers over one state were both told that
   * they won.
   */
  readonly lost: number;
}

export const writers = 32;
const writerRounds = 10;
const removalRounds = 40;

/**
 * Many writers that know the same state of one key put at once: one must win, and what it wrote
 * must be there.
 */
export async function raceOfWriters(store: Store, key: string): Promise<RaceResult> {
  let lost = 0;
  let { version } = await store.put(key, Uint8Array.of(0));
  for (let round = 0; round < writerRounds; round += 1) {
    const known = version;
    const results = await Promise.all(
      Array.from({ length: writers }, (_, writer) => store.put(key, Uint8Array.of(writer), known)),
    );
    const winners = results.flatMap(({ stored }, writer) => (stored ? [writer] : []));
    const held = await store.fetch(key);
    if (winners.length !== 1 || held.values[0]?.[0] !== winners[0]) lost += 1;
    version = held.version;
  }
  return { rounds: writerRounds, lost };
}

/** A put and a remove that know the same state, at once: a put that is answered must be there. */
export async function raceWithRemoval(store: Store, keyOf: (round: number) => string): Promise<RaceResult> {
  const rounds = await Promise.all(
    Array.from({ length: removalRounds }, async (_, round) => {
      const key = keyOf(round);
      const { version = '' } = await store.put(key, Uint8Array.of(0));
      const removal = store.remove(key, version);
      const [put] = await Promise.all([store.put(key, Uint8Array.of(1), version), removal]);
      const held = await store.fetch(key);
      if (held.version !== undefined) await store.remove(key, held.version);
      return put.stored && held.values.length === 0;
    }),
  );
  return { rounds: removalRounds, lost: rounds.filter((isLost) => isLost).length };
}
