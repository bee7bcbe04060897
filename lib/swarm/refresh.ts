import { longestIntervalSeconds } from '../config/tracker.js';

/**
 * Which re-announces are written. A peer's life counts from the last announce that was written, so
 * one that says nothing new may go unwritten as long as the record lives until the peer's next one.
 */
export interface RefreshRules {
  /**
   * A re-announce that says nothing new and comes sooner than this after the last written one is
   * not written.
   */
  readonly unwrittenSeconds: number;
  /** Without any every re-announce that comes later than that is written. */
  readonly sparseRefresh?: SparseRefresh | undefined;
  /**
   * A peer whose last written announce is longer ago is overdue: a client that keeps to the interval
   * would have been written again. It is most likely gone, and others go before it in replies.
   * Without it none is.
   */
  readonly overdueSeconds?: number;
}

/** By how much a client may come late and not be overdue, seconds. */
const LATE_SECONDS = 60;

/** One re-announce of several is written. */
export interface SparseRefresh {
  /** Of so many in a row one is written; 2 or more. */
  readonly every: number;
  /** The mean time between two announces of a peer. */
  readonly intervalSeconds: number;
  /** A re-announce that comes later than this after the last written one is always written. */
  readonly maxUnwrittenSeconds: number;
}

/** What the rules follow from, as the settings have it. */
export interface RefreshSettings {
  readonly announceIntervalSeconds: number;
  readonly intervalJitterPercent: number;
  readonly minIntervalSeconds: number;
  readonly peerLifetimeSeconds: number;
  /** Of so many re-announces in a row one is written; 1: all. */
  readonly refreshEvery: number;
}

/**
 * The rules for some settings. What a peer's life is longer than `refreshEvery` longest intervals is
 * spare. Half of it may be used up by announces that come early and are not written; the other half
 * stays for clients that come late, or were told to come again in some minutes, and for clocks that
 * differ.
 */
export function refreshRules(settings: RefreshSettings): RefreshRules {
  const { refreshEvery, minIntervalSeconds, peerLifetimeSeconds } = settings;
  const longest = longestIntervalSeconds(settings);
  const spare = Math.floor((peerLifetimeSeconds - refreshEvery * longest) / 2);
  const unwrittenSeconds = Math.min(minIntervalSeconds, spare);
  const overdueSeconds = refreshEvery * longest + LATE_SECONDS;
  if (refreshEvery === 1) return { unwrittenSeconds, overdueSeconds };
  return {
    unwrittenSeconds,
    overdueSeconds,
    sparseRefresh: {
      every: refreshEvery,
      intervalSeconds: (settings.announceIntervalSeconds + longest) / 2,
      maxUnwrittenSeconds: (refreshEvery - 1) * longest + unwrittenSeconds,
    },
  };
}

/**
 * Whether a re-announce that says nothing new is to be written. Every process decides alike, by the
 * record and the time alone.
 *
 * With sparse refresh time is cut into slots of an interval, and each peer has one slot of `every`,
 * by its hash, in which it is due: so a shard's peers, and those of a swarm that began all at once,
 * are due in different slots.
 * @param seen when the peer's last announce was written, seconds since the epoch
 * @param now seconds since the epoch
 * @param hash of the peer id; its upper half, as the lower bits are alike within a shard
 */
export function needsRefresh(seen: number, now: number, hash: number, rules: RefreshRules): boolean {
  const age = now - seen;
  // A date from the future is put right.
  if (age < 0) return true;
  if (age < rules.unwrittenSeconds) return false;
  const { sparseRefresh } = rules;
  if (sparseRefresh === undefined) return true;
  const { every, intervalSeconds, maxUnwrittenSeconds } = sparseRefresh;
  if (age >= maxUnwrittenSeconds) return true;
  const written = Math.floor(seen / intervalSeconds);
  const sinceDue = (written + (hash >>> 16)) % every;
  return Math.floor(now / intervalSeconds) >= written + every - sinceDue;
}
