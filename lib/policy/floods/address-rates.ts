import { isLocalhost } from '../../bittorrent/address-scope.js';
import { Refusal } from '../../bittorrent/errors.js';
import type { Clock, Random } from '../../environment.js';
import { AddressBuckets } from './address-buckets.js';
import type { BucketRules } from './token-bucket.js';

const MINUTE_MS = 60_000;

/**
 * What one address may do, and what it is told when that is too much. 127.0.0.1 and ::1 may do
 * anything: nobody else can have them, and a proxy that is not named in TRUSTED_PROXIES makes
 * them of everybody.
 */
export class AddressRates {
  /** How often it was too much. */
  refused = 0;
  private readonly buckets: AddressBuckets;
  /** By minutes to wait: there are few. */
  private readonly refusals = new Map<number, Refusal>();

  /**
   * @param rule by which refusals are counted
   * @param reason the text that a client is told
   */
  constructor(
    rules: BucketRules,
    private readonly rule: string,
    private readonly reason: string,
    private readonly clock: Clock,
    random: Random,
  ) {
    this.buckets = new AddressBuckets(rules, random);
  }

  /** From now on. */
  follow(rules: BucketRules): void {
    this.buckets.follow(rules);
  }

  /**
   * Counts a request.
   * @param address 4 or 16 bytes
   * @returns what its client is told if it is one too many: with the minutes (BEP 31 has no less)
   *   until one is served again
   */
  take(address: Uint8Array): Refusal | undefined {
    const wait = this.buckets.take(address, this.clock.now());
    if (wait === 0 || isLocalhost(address)) return undefined;
    this.refused++;
    const minutes = Math.ceil(wait / MINUTE_MS);
    let refusal = this.refusals.get(minutes);
    if (refusal === undefined) {
      refusal = new Refusal(this.rule, this.reason, minutes);
      this.refusals.set(minutes, refusal);
    }
    return refusal;
  }
}

export interface RequestRateSettings {
  /** ADDRESS_RATE, requests a second. */
  readonly addressRate: number;
  /** ADDRESS_BURST, requests. */
  readonly addressBurst: number;
}

/** Announces and scrapes of an address, for all fronts of a process. */
export function requestRates(settings: RequestRateSettings, clock: Clock, random: Random): AddressRates {
  const reason = 'too many requests from your address';
  return new AddressRates(requestRules(settings), 'rate', reason, clock, random);
}

export function requestRules({ addressRate, addressBurst }: RequestRateSettings): BucketRules {
  return { perSecond: addressRate, burst: addressBurst };
}

/** Minutes of ADDRESS_SWARMS that an address may take at once. */
const SWARM_BURST_MINUTES = 10;

/** Swarms that an address begins. @param addressSwarms ADDRESS_SWARMS, swarms a minute; 0: any number */
export function swarmRates(addressSwarms: number, clock: Clock, random: Random): AddressRates | undefined {
  if (addressSwarms === 0) return undefined;
  const rules = { perSecond: addressSwarms / 60, burst: addressSwarms * SWARM_BURST_MINUTES };
  return new AddressRates(
    rules,
    'swarm-rate',
    'too many torrents that nobody else announces from your address',
    clock,
    random,
  );
}
