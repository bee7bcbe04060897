/**
 * What a list of torrents costs a process: to import it, to start with it, to keep it, and
 * processor time for an announce beside one without a list, from request target to reply, on a store
 * in memory that answers at once. One tracker does both in turns, on the same swarms, so that the
 * list may take the caches of the processor from the swarms, and they from it.
 */
import { createHash } from 'node:crypto';

import { parseConfig } from '../../lib/config.js';
import { systemClock } from '../../lib/environment.js';
import { HttpFront } from '../../lib/http/front.js';
import { createPolicy } from '../../lib/policy/create-policy.js';
import { sortInfohashes } from '../../lib/policy/lists/infohashes.js';
import { ListStore } from '../../lib/policy/lists/list-store.js';
import { readList } from '../../lib/policy/lists/list-text.js';
import { openPolicy, type Policy } from '../../lib/tracker/policy.js';
import { announceTarget, addressOf, escapeInfohash, infohashOf } from '../load/numbered.js';
import { InstantStore } from '../support/instant-store.js';
import { evenShards, putAll } from '../support/stored-swarm.js';
import { ask, strictLog } from '../support/tracker.js';
import { work } from './work.js';

export interface ListCostInput {
  /** Infohashes on the list. */
  readonly entries: number;
  /** Swarms that announces are for, all of them listed. */
  readonly swarms: number;
  readonly peersInSwarm: number;
  readonly rounds: number;
  /** In a turn. */
  readonly announces: number;
}

export interface ListCostOutput {
  /** Microseconds for an announce, one a round. */
  readonly listed: readonly number[];
  readonly open: readonly number[];
  /** Seconds to read the text of the list, and to write it into the store in memory. */
  readonly readSeconds: number;
  readonly importSeconds: number;
  /** Seconds to read it from there, as a process does when it starts. */
  readonly startSeconds: number;
  /** Bytes that the process has more once it knows the list. */
  readonly bytes: number;
}

export interface ListCostWorker {
  readonly input: ListCostInput;
  readonly output: ListCostOutput;
}

/** As in own-code.ts. */
const INTERVAL_MS = 1_300_000;
const FIRST_INTERVAL_MS = 1_000_000;
const AT_ONCE = 64;
/** For the compiler. */
const WARM_UP_ROUNDS = 4;

work<ListCostWorker>(async ({ entries, swarms, peersInSwarm, rounds, announces }) => {
  const config = parseConfig({ LOG_LEVEL: 'silent', LIST_MODE: 'allow' });
  const store = new InstantStore();
  await putAll(store, evenShards(0, swarms, peersInSwarm, Date.now() - FIRST_INTERVAL_MS, config.shardPeers));
  let round = 0;
  const roundMs = (INTERVAL_MS * 2 * announces) / (swarms * peersInSwarm);
  const clock = { now: () => Date.now() + round * roundMs };

  const text = textOf(entries, swarms);
  const readAt = performance.now();
  const sorted = readList(text, 'allow');
  const importAt = performance.now();
  await new ListStore(store, clock).replace(sorted);
  const importedAt = performance.now();
  const before = usedBytes();
  // That of the swarms goes on by minutes, and each would be time to look whether the list changed.
  const policy = createPolicy(
    { config, store, clock: systemClock, random: Math.random, log: strictLog },
    'long',
  );
  if (policy === undefined) throw new Error('there is no policy');
  const startAt = performance.now();
  await policy.reload();
  const startedAt = performance.now();
  const bytes = usedBytes() - before;

  const current: { policy: Policy } = { policy: openPolicy };
  const switched: Policy = {
    announce: (request) => current.policy.announce(request),
    scrape: () => undefined,
  };
  const front = new HttpFront({
    config,
    store,
    clock,
    random: Math.random,
    log: strictLog,
    policy: switched,
  });
  const escaped = Array.from({ length: swarms }, (_, swarm) => escapeInfohash(infohashOf(swarm)));
  let place = 0;
  const turn = async (of: Policy): Promise<number> => {
    const requests = Array.from({ length: announces }, () => {
      const swarm = place % swarms;
      const peer = swarm * peersInSwarm + (Math.floor(place / swarms) % peersInSwarm);
      place++;
      return { target: announceTarget(escaped[swarm] ?? '', peer), address: addressOf(peer) };
    });
    current.policy = of;
    globalThis.gc?.();
    const { writes } = store;
    const cpu = process.cpuUsage();
    for (let at = 0; at < requests.length; at += AT_ONCE) {
      await Promise.all(
        requests.slice(at, at + AT_ONCE).map(({ target, address }) => ask(front.announce, target, address)),
      );
    }
    const { user, system } = process.cpuUsage(cpu);
    if (store.writes !== writes + announces) throw new Error('an announce was not written');
    return (user + system) / announces;
  };
  const output = { listed: [] as number[], open: [] as number[] };
  for (; round < rounds + WARM_UP_ROUNDS; round++) {
    // Each is first in every second round.
    const order = round % 2 === 0 ? (['listed', 'open'] as const) : (['open', 'listed'] as const);
    for (const name of order) {
      const microseconds = await turn(name === 'listed' ? policy : openPolicy);
      if (round >= WARM_UP_ROUNDS) output[name].push(microseconds);
    }
  }
  return {
    ...output,
    readSeconds: (importAt - readAt) / 1000,
    importSeconds: (importedAt - importAt) / 1000,
    startSeconds: (startedAt - startAt) / 1000,
    bytes,
  };
});

/** A list with all swarms, and others that nobody announces. */
function textOf(entries: number, swarms: number): Buffer {
  const hashes = Buffer.alloc(entries * 20);
  for (let n = 0; n < entries; n++) {
    hashes.set(n < swarms ? infohashOf(n) : createHash('sha1').update(`listed ${n}`).digest(), n * 20);
  }
  return Buffer.from(sortInfohashes(hashes).toString('hex').replaceAll(/.{40}/g, '$&\n'));
}

function usedBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
