import { encodeScrapeReply } from '../http/scrape-reply.js';
import { parseScrape } from '../http/scrape-request.js';
import { expiryCutoff } from '../swarm/shard/peer-record.js';
import { scrapeSwarm } from '../swarm/sampling/scrape.js';
import type { TrackerComponents } from './components.js';
import { mapBounded } from './map-bounded.js';

/** Answers scrapes (BEP 48): counts of the swarms that are asked for, as they are stored now. */
export class ScrapeTracker {
  constructor(private readonly components: TrackerComponents) {}

  /**
   * @param query the raw query of the scrape
   * @param log for what is wrong with the swarms that are asked for
   * @returns a bencoded reply; a swarm that is not known has zeros
   * @throws ClientError for a request that cannot be answered, StoreError if a swarm could not be read
   */
  async answer(query: string, _clientAddress?: Uint8Array, log = this.components.log): Promise<Buffer> {
    const { config, clock } = this.components;
    const deadline = expiryCutoff(clock.now(), config.peerLifetimeSeconds);
    const context = { ...this.components, log };
    const infohashes = parseScrape(query, config.scrapeMaxHashes);
    const swarms = await mapBounded(infohashes, SWARMS_AT_ONCE, async (infohash) => {
      const { counts, downloads } = await scrapeSwarm(context, infohash, deadline);
      return {
        infohash,
        complete: counts.seeders,
        downloaded: downloads,
        incomplete: counts.leechers + counts.partialSeeds,
        downloaders: counts.leechers,
      };
    });
    return encodeScrapeReply(swarms, config.scrapeIntervalSeconds);
  }
}

/** One scrape must not take all of a store's calls: it may name a hundred swarms of many shards. */
const SWARMS_AT_ONCE = 16;
