import type { Config } from '../config.js';
import { isPrivateAddress, parseAddress } from '../bittorrent/address.js';
import { encodeAnnounceReply } from '../http/announce-reply.js';
import { parseAnnounce, type AnnounceRequest } from '../http/announce-request.js';
import type { Announcement } from '../swarm/operations/announce.js';
import { Swarms, type SwarmAnswer } from '../swarm/swarms.js';
import type { TrackerComponents } from './components.js';

/** Answers announces (BEP 3): what a peer says goes into its swarm, and peers to connect to come back. */
export class AnnounceTracker {
  private readonly swarms: Swarms;

  constructor(private readonly components: TrackerComponents) {
    const { config } = components;
    this.swarms = new Swarms({
      ...components,
      rules: {
        ...config,
        warmMilliseconds: config.warmSeconds * 1000,
        unwrittenSeconds: unwrittenSeconds(config),
      },
    });
  }

  /**
   * @param query the raw query of the announce
   * @param clientAddress who sent it, 4 or 16 bytes
   * @param log for what goes wrong with this announce alone
   * @returns a bencoded reply
   * @throws ClientError at once for a request that cannot be answered; rejects with a StoreError if the peer could not be stored
   */
  answer(query: string, clientAddress: Uint8Array, log = this.components.log): Promise<Buffer> {
    const request = parseAnnounce(query, this.components.config);
    const announcement = announcementOf(request, this.peerAddress(request, clientAddress));
    const wanted = { limit: request.numwant, withIds: !request.compact && !request.noPeerId };
    return this.swarms
      .announce(announcement, wanted, log)
      .then((answer) => this.reply(request, answer, clientAddress));
  }

  private reply(request: AnnounceRequest, { counts, peers }: SwarmAnswer, externalIp: Uint8Array): Buffer {
    const { config } = this.components;
    const reply = {
      interval: this.jittered(config.announceIntervalSeconds),
      minInterval: config.minIntervalSeconds,
      complete: counts.seeders,
      incomplete: counts.leechers + counts.partialSeeds,
      peers,
      externalIp,
    };
    return encodeAnnounceReply(reply, request);
  }

  /** The address to give to other peers: the client's own, or what it says if it is configured to be believed and is on a private network. */
  private peerAddress({ ip }: AnnounceRequest, clientAddress: Uint8Array): Uint8Array {
    if (!this.components.config.trustIpParameter || ip === undefined || !isPrivateAddress(clientAddress)) {
      return clientAddress;
    }
    return parseAddress(ip) ?? clientAddress;
  }

  private jittered(seconds: number): number {
    const { config, random } = this.components;
    return seconds + Math.floor((random() * seconds * config.intervalJitterPercent) / 100);
  }
}

function announcementOf(request: AnnounceRequest, address: Uint8Array): Announcement {
  const { infohash, peerId, port, left, event } = request;
  const isPaused = event === 'paused';
  return {
    infohash,
    peerId,
    address,
    port,
    state: left === 0 ? 'seeder' : isPaused ? 'partial-seed' : 'leecher',
    event: isPaused ? 'none' : event,
  };
}

/**
 * For how long a re-announce need not be written: the peer's life is then counted from the announce before, and must still reach to the next one,
 * which comes after the longest jittered interval. Half of what is left then stays for clients that come late, or were told to come again
 * in some minutes, and for clocks that differ.
 */
function unwrittenSeconds(config: Config): number {
  const longestInterval = (config.announceIntervalSeconds * (100 + config.intervalJitterPercent)) / 100;
  const spare = Math.floor((config.peerLifetimeSeconds - longestInterval) / 2);
  return Math.min(config.minIntervalSeconds, spare);
}
