import type { AnnounceReply, AnnounceRequest } from '../bittorrent/announce.js';
import { Scope, scopeOf } from '../bittorrent/address-scope.js';
import { Refusal } from '../bittorrent/errors.js';
import type { ScrapedSwarm, ScrapeReply, ScrapeRequest } from '../bittorrent/scrape.js';
import type { Log } from '../log.js';
import { swarmRates } from '../policy/floods/address-rates.js';
import type { Announcement } from '../swarm/operations/announce.js';
import { refreshRules } from '../swarm/refresh.js';
import { expiryCutoff } from '../swarm/shard/peer-record.js';
import type { MinScopes } from '../swarm/sampling/selection.js';
import { scrapeSwarm } from '../swarm/sampling/scrape.js';
import { Swarms, type SwarmAnswer } from '../swarm/swarms.js';
import type { TrackerComponents } from './components.js';
import { Deadlines } from './deadlines.js';
import { outcomeOf } from './failures.js';
import { mapBounded } from './map-bounded.js';
import { noMetrics, type Metrics } from './metrics.js';
import { openPolicy, type Policy } from './policy.js';
import { PublicAddress } from './public-address.js';

/**
 * The tracker, whatever protocol it is asked by: what a peer announces goes into its swarm, and
 * peers to connect to come back (BEP 3); a scrape counts swarms as they are stored now (BEP 48).
 */
export class Tracker {
  private readonly swarms: Swarms;
  private readonly deadlines: Deadlines;
  private readonly policy: Policy;
  private readonly metrics: Metrics;
  private readonly publicAddress: PublicAddress | undefined;

  constructor(private readonly components: TrackerComponents) {
    const { config, policy = openPolicy, metrics = noMetrics } = components;
    this.policy = policy;
    this.metrics = metrics;
    if (config.publicAddress.length > 0) this.publicAddress = new PublicAddress(config.publicAddress);
    this.deadlines = new Deadlines(config.announceTimeoutMs);
    const swarms = swarmRates(config.addressSwarms, components.clock, components.random);
    this.swarms = new Swarms({
      ...components,
      rules: {
        ...config,
        warmMilliseconds: config.warmSeconds * 1000,
        ...refreshRules(config),
      },
      mayBegin: swarms && ((address) => swarms.take(address)),
      onDownload: () => {
        metrics.downloadCounted();
      },
    });
  }

  /**
   * @param log for what goes wrong with this announce alone
   * @throws (rejects with) a Refusal of the policy; a DeadlineError after ANNOUNCE_TIMEOUT; a
   *   StoreError if the peer could not be stored. See `failureOf`.
   */
  announce(request: AnnounceRequest, log = this.components.log): Promise<AnnounceReply> {
    const startedAt = this.metrics.now();
    return this.deadlines.within(this.allowedAnnounce(request, log)).then(
      (answer) => {
        const reply = this.replyTo(request, answer);
        this.metrics.announced(request, 'answered', this.metrics.now() - startedAt);
        return reply;
      },
      (error: unknown) => {
        if (error instanceof Refusal) this.metrics.refused(request.front, error.rule);
        this.metrics.announced(request, outcomeOf(error), this.metrics.now() - startedAt);
        throw error;
      },
    );
  }

  /**
   * @param log for what is wrong with the swarms that are asked for
   * @returns a swarm that is not known has zeros
   * @throws (rejects with) a Refusal of the policy; a DeadlineError after ANNOUNCE_TIMEOUT; a
   *   StoreError if a swarm could not be read
   */
  scrape(request: ScrapeRequest, log = this.components.log): Promise<ScrapeReply> {
    const startedAt = this.metrics.now();
    return this.deadlines.within(this.scrapeAllowed(request, log)).then(
      (swarms) => {
        this.metrics.scraped(request, 'answered', this.metrics.now() - startedAt);
        return { swarms, minRequestInterval: this.components.config.scrapeIntervalSeconds };
      },
      (error: unknown) => {
        if (error instanceof Refusal) this.metrics.refused(request.front, error.rule);
        this.metrics.scraped(request, outcomeOf(error), this.metrics.now() - startedAt);
        throw error;
      },
    );
  }

  private allowedAnnounce(request: AnnounceRequest, log: Log): Promise<SwarmAnswer> {
    try {
      const verdict = this.policy.announce(request);
      if (verdict === undefined) return this.enter(request, log);
      if (verdict instanceof Refusal) return Promise.reject(verdict);
      return verdict.then((refusal) => {
        if (refusal !== undefined) throw refusal;
        return this.enter(request, log);
      });
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is what was thrown
      return Promise.reject(error);
    }
  }

  private enter(request: AnnounceRequest, log: Log): Promise<SwarmAnswer> {
    const { numwantDefault, numwantMax } = this.components.config;
    const limit = Math.min(request.numwant ?? numwantDefault, numwantMax);
    const announcement = announcementOf(request, this.peerAddress(request));
    const wanted = { limit, withIds: request.withIds, minScopes: this.minScopes(request.from) };
    return this.swarms.announce(announcement, wanted, log);
  }

  private replyTo({ from }: AnnounceRequest, { counts, peers }: SwarmAnswer): AnnounceReply {
    const { components, publicAddress } = this;
    const { config } = components;
    return {
      interval: this.jittered(config.announceIntervalSeconds),
      minInterval: config.minIntervalSeconds,
      complete: counts.seeders,
      incomplete: counts.leechers + counts.partialSeeds,
      peers: publicAddress === undefined ? peers : publicAddress.reachableFrom(from, peers),
      externalIp: publicAddress === undefined ? from : publicAddress.seenFromOutside(from),
    };
  }

  /**
   * What a client can reach: addresses of at least its own scope, and of a smaller one where the
   * public address is given in their place.
   */
  private minScopes(from: Uint8Array): MinScopes {
    const scope = scopeOf(from);
    const { publicAddress } = this;
    if (publicAddress === undefined || scope <= Scope.machine) return MIN_SCOPES[scope];
    return {
      v4: publicAddress.hasV4 ? Scope.none : scope,
      v6: publicAddress.hasV6 ? Scope.none : scope,
    };
  }

  /**
   * The address to give to other peers: the client's own, or what it says (TRUST_IP_PARAMETER) if
   * more can reach that. So only a client on a private network or the tracker's machine is
   * believed, and never with an address that is of no more use than its own: some send that
   * unasked.
   */
  private peerAddress({ claimedAddress, from }: AnnounceRequest): Uint8Array {
    if (claimedAddress === undefined || !this.components.config.trustIpParameter) return from;
    return scopeOf(claimedAddress) > scopeOf(from) ? claimedAddress : from;
  }

  private jittered(seconds: number): number {
    const { config, random } = this.components;
    return seconds + Math.floor((random() * seconds * config.intervalJitterPercent) / 100);
  }

  private async scrapeAllowed(request: ScrapeRequest, log: Log): Promise<ScrapedSwarm[]> {
    const { config, clock } = this.components;
    const allowed = await this.allowedInfohashes(request);
    const deadline = expiryCutoff(clock.now(), config.peerLifetimeSeconds);
    const context = { ...this.components, log };
    return mapBounded(allowed, SWARMS_AT_ONCE, async (infohash) => {
      const { counts, downloads } = await scrapeSwarm(context, infohash, deadline);
      return {
        infohash,
        complete: counts.seeders,
        downloaded: downloads,
        incomplete: counts.leechers + counts.partialSeeds,
        downloaders: counts.leechers,
      };
    });
  }

  private async allowedInfohashes(request: ScrapeRequest): Promise<Uint8Array[]> {
    const whole = await this.policy.scrapes?.(request);
    if (whole !== undefined) throw whole;
    const allowed: Uint8Array[] = [];
    for (const infohash of request.infohashes.slice(0, this.components.config.scrapeMaxHashes)) {
      const verdict = this.policy.scrape(infohash, request);
      const refusal = verdict instanceof Promise ? await verdict : verdict;
      if (refusal === undefined) allowed.push(infohash);
      else this.metrics.refused(request.front, refusal.rule);
    }
    return allowed;
  }
}

function announcementOf(request: AnnounceRequest, address: Uint8Array): Announcement {
  const { infohash, peerId, port, left, event } = request;
  const isPaused = event === 'paused';
  return {
    infohash,
    peerId,
    address,
    // An address that no machine can have is nobody's to connect to.
    port: scopeOf(address) === Scope.none ? 0 : port,
    state: left === 0 ? 'seeder' : isPaused ? 'partial-seed' : 'leecher',
    event: isPaused ? 'none' : event,
  };
}

/** By the scope of a client. Addresses that nobody can reach are given to nobody. */
const MIN_SCOPES: Readonly<Record<Scope, MinScopes>> = {
  [Scope.none]: { v4: Scope.machine, v6: Scope.machine },
  [Scope.machine]: { v4: Scope.machine, v6: Scope.machine },
  [Scope.network]: { v4: Scope.network, v6: Scope.network },
  [Scope.world]: { v4: Scope.world, v6: Scope.world },
};

/** One scrape must not take all of a store's calls: it may name a hundred swarms of many shards. */
const SWARMS_AT_ONCE = 16;
