import { createHash } from 'node:crypto';

import { newPurge, purgeSlice, type PurgeOptions, type PurgeState } from '../../lib/purge/purge.js';
import type { PurgeSummary } from '../../lib/purge/summary.js';
import type { SwarmPurgeComponents } from '../../lib/purge/swarm-purge.js';
import { announce, type SwarmHarness } from '../swarm/support/swarm-harness.js';

export const OPTIONS: PurgeOptions = { parallelism: 4, budgetMilliseconds: 1e9, pageKeys: 1000 };

/** What a purge of a harness is made of. */
export function componentsOf({ store, clock, log, rules }: SwarmHarness): SwarmPurgeComponents {
  return { store, clock, log, ...rules };
}

/** A state as another process would get it. */
export function handedOver(state: PurgeState): PurgeState {
  return JSON.parse(JSON.stringify(state)) as PurgeState;
}

/** Runs a whole purge, each slice from what the one before left. */
export async function purge(
  harness: SwarmHarness,
  options: Partial<PurgeOptions> = {},
): Promise<PurgeSummary> {
  let state = newPurge(harness.milliseconds);
  for (let slices = 0; state.ranges.length > 0; slices++) {
    if (slices === MAX_SLICES) throw new Error(`not done after ${MAX_SLICES} slices`);
    state = handedOver(await purgeSlice(componentsOf(harness), state, { ...OPTIONS, ...options }));
  }
  return state.summary;
}

/** The infohash of a numbered swarm: spread as real ones are. */
export function infohashOf(swarm: number): Buffer {
  return createHash('sha1').update(`swarm ${swarm}`).digest();
}

/** Swarms with these numbers get so many peers each; every third one seeds. */
export async function populate(harness: SwarmHarness, sizes: ReadonlyMap<number, number>): Promise<void> {
  const swarms = harness.process();
  for (const [swarm, size] of sizes) {
    for (let peer = 0; peer < size; peer++) {
      const state = peer % 3 === 0 ? 'seeder' : 'leecher';
      await announce(swarms, peer, { infohash: infohashOf(swarm), state });
    }
  }
}

/** More than any purge in these tests takes. */
const MAX_SLICES = 5000;
