import type { AnnounceRequest } from '../../bittorrent/announce.js';
import { Refusal } from '../../bittorrent/errors.js';
import type { ScrapeRequest } from '../../bittorrent/scrape.js';
import type { Clock, Random } from '../../environment.js';
import type { Log } from '../../log.js';
import { AddressBuckets } from '../floods/address-buckets.js';
import { TokenBucket, type BucketRules } from '../floods/token-bucket.js';
import type { Verdict } from '../verdict.js';
import { KeyCache, type KeyAnswer, type KeyContent } from './key-cache.js';
import { ActivePeers } from './key-limits.js';
import { hashOfKey } from './key-record.js';
import type { KeyStore } from './key-store.js';
import { UseWriter } from './use-writer.js';

export interface KeyPolicyOptions {
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** LIST_SECONDS. */
  readonly seconds: number;
  /** KEY_USE_SECONDS. */
  readonly useSeconds: number;
  readonly peerLifetimeSeconds: number;
  /** RETRY_IN, minutes. */
  readonly retryInMinutes: number;
  /**
   * Whether announces wait for what is to be written of others: where a process stands still
   * between two of them nothing else may be under way. Else somebody calls `writeDue` now and then.
   */
  readonly writesInAnnounces: boolean;
}

export interface KeyFigures {
  /** Keys that this process knows, of which it has an answer of the store. */
  readonly known: number;
  /** Keys that this process knows not to be there. */
  readonly unknown: number;
  /** Keys whose use is not written yet. */
  readonly unwritten: number;
  /** Why the store could not be asked when that was last tried; undefined if it could. */
  readonly problem: unknown;
}

const MISSING = new Refusal('key', 'this tracker needs a personal announce URL', 'never');
const UNKNOWN = new Refusal('key', 'the key in the announce URL is not known', 'never');
const EXPIRED = new Refusal('key', 'the key in the announce URL has expired', 'never');
/** Reads of the store for keys that this process does not know. */
const UNKNOWN_READS: BucketRules = { perSecond: 200, burst: 400 };
/** The same for one address: so a flood of wrong keys leaves some of them to others. */
const UNKNOWN_READS_OF_ADDRESS: BucketRules = { perSecond: 10, burst: 50 };
/** Keys that one announce may wait for. */
const WRITTEN_IN_ANNOUNCE = 4;
/** Keys that are written in one go. */
const WRITTEN_AT_ONCE = 1000;

/** Serves only who has a key that is known (KEYS=on), and notes what each key is used for. */
export class KeyPolicy {
  private readonly cache: KeyCache;
  private readonly use: UseWriter;
  private readonly reads = new TokenBucket(UNKNOWN_READS);
  private readonly readsOfAddress: AddressBuckets;
  private readonly full: Refusal;
  private readonly busy: Refusal;

  constructor(private readonly options: KeyPolicyOptions) {
    const { store, random, retryInMinutes, clock } = options;
    this.cache = new KeyCache({ ...options, read: (keyHash, known) => this.read(keyHash, known) });
    this.use = new UseWriter({ ...options, seconds: options.useSeconds, store }, (keyHash, use) => {
      this.cache.lastKnown(keyHash)?.active?.learn(use, clock.now());
    });
    this.readsOfAddress = new AddressBuckets(UNKNOWN_READS_OF_ADDRESS, random);
    this.full = new Refusal('key-limit', 'this key is in use by as many peers as it may be', retryInMinutes);
    this.busy = new Refusal('key-rate', 'the tracker is busy, try again later', 1);
  }

  /** Whether a request has a key that is in force. Without a key the store is not asked. */
  check(request: Pick<AnnounceRequest | ScrapeRequest, 'passkey' | 'from'>): Verdict {
    if (request.passkey === undefined) return MISSING;
    const keyHash = hashOfKey(request.passkey);
    const answer = this.cache.get(keyHash) ?? this.ask(keyHash, request.from);
    return answer instanceof Promise ? answer.then((read) => this.verdict(read)) : this.verdict(answer);
  }

  /**
   * Lets an announce in whose key `check` has found in force, if the key's limits have room for
   * the peer, and notes it.
   */
  admit(request: AnnounceRequest): Verdict {
    const { passkey } = request;
    if (passkey === undefined) return MISSING;
    const keyHash = hashOfKey(passkey);
    const session = sessionOf(request);
    const answer = this.cache.lastKnown(keyHash);
    if (answer?.record !== undefined && answer.active !== undefined) {
      const now = this.options.clock.now();
      if (!answer.active.admits(session, request.event, answer.record, now)) return this.full;
    }
    this.use.note(keyHash, request, session);
    if (!this.options.writesInAnnounces || !this.use.isDue) return undefined;
    return this.use.write(WRITTEN_IN_ANNOUNCE).then(() => undefined);
  }

  /** Writes what keys were used for, if that is due. Never rejects. */
  async writeDue(): Promise<void> {
    if (this.use.isDue) await this.use.write(WRITTEN_AT_ONCE);
  }

  /** Writes all that keys were used for. Never rejects. */
  writeAll(): Promise<void> {
    return this.use.writeAll();
  }

  /** Has every key asked for anew before it is used again. */
  expire(): void {
    this.cache.expire();
  }

  figures(): KeyFigures {
    return { ...this.cache.sizes, unwritten: this.use.unwritten, problem: this.cache.problem };
  }

  private ask(keyHash: string, from: Uint8Array): Refusal | Promise<KeyAnswer> {
    const now = this.options.clock.now();
    // The address first: what it is refused takes nothing from others.
    if (this.readsOfAddress.take(from, now) > 0 || this.reads.take(now) > 0) return this.busy;
    return this.cache.fetch(keyHash);
  }

  private verdict(answer: KeyAnswer | Refusal): Refusal | undefined {
    if (answer instanceof Refusal) return answer;
    const { record } = answer;
    if (record === undefined) return UNKNOWN;
    const { expiresAt = Infinity } = record;
    return this.options.clock.now() < expiresAt ? undefined : EXPIRED;
  }

  /** A key with limits is read with the peers that others let in: one read more. */
  private async read(keyHash: string, known: KeyAnswer | undefined): Promise<KeyContent> {
    const { store, clock, peerLifetimeSeconds } = this.options;
    const record = await store.find(keyHash);
    if (record === undefined || (record.maxPeers ?? record.maxTorrents) === undefined) {
      return { record, active: undefined };
    }
    const active = known?.active ?? new ActivePeers(peerLifetimeSeconds * 1000);
    active.learn(await store.use(keyHash), clock.now());
    return { record, active };
  }
}

/** Names a peer in a torrent: 8 bytes of the infohash, then the last 12 of the peer id. */
function sessionOf({ infohash, peerId }: AnnounceRequest): string {
  return hexOf(infohash, 0, 8) + hexOf(peerId, 8, 20);
}

function hexOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('hex');
}
