import { expect } from 'chai';

import { KeyPolicy } from '../../../lib/policy/keys/key-policy.js';
import { hashOfKey, newKey, recordKey } from '../../../lib/policy/keys/key-record.js';
import { KeyStore } from '../../../lib/policy/keys/key-store.js';
import { MemoryStore } from '../../support/memory-store.js';
import { RecordingLog } from '../../support/recording-log.js';
import { announceRequest } from './support.js';

const clock = { now: (): number => 1_700_000_000_000 };
/** What the middle one of many rounds stays below on a busy machine, too. */
const MAX_RATIO = 1.5;
const ROUNDS = 301;
const CHECKS = 64;

/** Wrong keys by how many characters they share with a right one, of 32. */
function wrongKeys(right: string): Readonly<Record<'none' | 'all but one' | 'all', string>> {
  const other = (character = ''): string => (character === '0' ? '1' : '0');
  return {
    none: Array.from(right, other).join(''),
    'all but one': right.slice(0, -1) + other(right.at(-1)),
    all: `${right}0`,
  };
}

/**
 * How much longer a check takes of a key that shares characters with a right one, than of one that
 * shares none: the middle of many rounds, in each of which all have their turns.
 */
function slowdowns(check: (key: string) => void, right: string): number[] {
  const { none, ...others } = wrongKeys(right);
  const time = (key: string): number => {
    const startedAt = process.hrtime.bigint();
    for (let n = 0; n < CHECKS; n++) check(key);
    return Number(process.hrtime.bigint() - startedAt);
  };
  const ratios = Object.values(others).map(() => [] as number[]);
  for (let round = 0; round < ROUNDS; round++) {
    const base = time(none);
    for (const [n, key] of Object.values(others).entries()) ratios[n]?.push(time(key) / base);
  }
  return ratios.map((all) => all.sort((a, b) => a - b)[ROUNDS >> 1] ?? NaN);
}

/** Stops at the first character that differs, and takes a moment for each that does not. */
function earlyExit(right: string): (key: string) => void {
  return (key) => {
    for (let at = 0; at < right.length && key[at] === right[at]; at++) hashOfKey('a moment');
  };
}

describe('a check of a key', () => {
  const store = new MemoryStore({ concurrency: 'compare-and-swap' });
  const keys = new KeyStore(store, clock);
  const policy = new KeyPolicy({
    store: keys,
    clock,
    random: () => 0.5,
    log: new RecordingLog(),
    seconds: 60,
    useSeconds: 300,
    peerLifetimeSeconds: 2700,
    retryInMinutes: 5,
    writesInAnnounces: false,
  });
  const right = newKey();
  const asked: string[] = [];

  before(async () => {
    const record = { label: '', addedAt: 1, expiresAt: undefined, maxTorrents: undefined };
    await keys.add(hashOfKey(right), { ...record, maxPeers: undefined });
    const fetch = store.fetch.bind(store);
    store.fetch = (key) => {
      asked.push(key);
      return fetch(key);
    };
    for (const passkey of [right, ...Object.values(wrongKeys(right))]) {
      await policy.check(announceRequest({ passkey }));
    }
  });

  it('takes as long however much a wrong key shares with a right one', function () {
    this.timeout(60_000);
    const check = (passkey: string): void => {
      if (policy.check(announceRequest({ passkey })) === undefined) throw new Error('a wrong key is served');
    };
    for (const slowdown of slowdowns(check, right)) {
      expect(slowdown).to.be.within(1 / MAX_RATIO, MAX_RATIO);
    }
    // The same way of measuring tells a comparison that stops where two keys differ.
    for (const slowdown of slowdowns(earlyExit(right), right)) expect(slowdown).to.be.above(MAX_RATIO);
  });

  it('is by the hash alone, in which keys that are alike share nothing', () => {
    const all = [right, ...Object.values(wrongKeys(right))];
    expect(asked).to.deep.equal(all.map((key) => recordKey(hashOfKey(key))));
    const names = new Set(all.map((key) => hashOfKey(key).slice(0, 8)));
    expect(names.size).to.equal(all.length);
    expect(asked.every((name) => !name.includes(right.slice(0, 8)))).to.equal(true);
  });
});
