import type { AnnounceEvent } from '../../bittorrent/announce.js';
import type { KeyRecord } from './key-record.js';
import { MAX_SESSIONS, TORRENT_DIGITS, type KeyUse } from './key-use.js';

/**
 * The peers that a key with limits has now. A peer is a peer id in a torrent, by whatever
 * addresses, from its first announce until it stops or is silent for PEER_LIFETIME.
 */
export class ActivePeers {
  /** When each was last seen, milliseconds since the epoch, by id of the session. */
  private readonly seenAt = new Map<string, number>();
  /** Peers of each torrent. */
  private readonly torrents = new Map<string, number>();
  private expiredAt = 0;

  constructor(private readonly lifetimeMs: number) {}

  /**
   * Lets a peer in, if the limits have room for it. A peer that is in is never put out.
   * @param session its id
   */
  admits(session: string, event: AnnounceEvent, { maxPeers, maxTorrents }: KeyRecord, now: number): boolean {
    if (event === 'stopped') {
      this.remove(session);
      return true;
    }
    if (!this.seenAt.has(session)) {
      if (this.isFull(session, maxPeers, maxTorrents)) this.expire(now);
      if (this.isFull(session, maxPeers, maxTorrents)) return false;
    }
    this.add(session, now);
    return true;
  }

  /** Takes what other processes have written. */
  learn({ sessions }: KeyUse, now: number): void {
    for (const [session, { seen, isStopped }] of sessions) {
      const known = this.seenAt.get(session) ?? 0;
      const seenMs = seen * 1000;
      // Seconds are all that is stored.
      if (isStopped && seenMs + 1000 > known) this.remove(session);
      else if (!isStopped && seenMs > known && seenMs > now - this.lifetimeMs) this.add(session, seenMs);
    }
  }

  private isFull(session: string, maxPeers = MAX_SESSIONS, maxTorrents = Infinity): boolean {
    if (this.seenAt.size >= maxPeers) return true;
    return !this.torrents.has(torrentOf(session)) && this.torrents.size >= maxTorrents;
  }

  private add(session: string, now: number): void {
    if (!this.seenAt.has(session)) {
      const torrent = torrentOf(session);
      this.torrents.set(torrent, (this.torrents.get(torrent) ?? 0) + 1);
    }
    this.seenAt.set(session, now);
  }

  private remove(session: string): void {
    if (!this.seenAt.delete(session)) return;
    const torrent = torrentOf(session);
    const left = (this.torrents.get(torrent) ?? 1) - 1;
    if (left === 0) this.torrents.delete(torrent);
    else this.torrents.set(torrent, left);
  }

  /** Once in a second: whoever is refused may come as often as they like. */
  private expire(now: number): void {
    if (Math.abs(now - this.expiredAt) < 1000) return;
    this.expiredAt = now;
    for (const [session, seenMs] of this.seenAt) {
      if (seenMs <= now - this.lifetimeMs) this.remove(session);
    }
  }
}

function torrentOf(session: string): string {
  return session.slice(0, TORRENT_DIGITS);
}
