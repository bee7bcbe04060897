import type { AnnounceRequest } from '../../bittorrent/announce.js';
import { joinSession, type KeyUse, type Session, type Span } from './key-use.js';

/** One direction of a session since the last write. */
interface Reported {
  /** Of generations that began and ended since then. */
  closed: number;
  first: number;
  highest: number;
}

interface PendingSession {
  seen: number;
  isStopped: boolean;
  /** It began with `started`: what is lower than what is stored is counted anew. */
  isStart: boolean;
  /** How often its client began to count anew since then. */
  restarts: number;
  readonly up: Reported;
  readonly down: Reported;
}

/** What a key was used for since that was written last. */
export class PendingUse {
  announces = 0;
  /** Milliseconds since the epoch. */
  lastSeen = 0;
  private readonly sessions = new Map<string, PendingSession>();

  get size(): number {
    return this.sessions.size;
  }

  /**
   * Takes an announce.
   * @param session its id; undefined: only counts it
   * @param nowMs milliseconds since the epoch
   * @returns whether the session is a new one here
   */
  note(request: AnnounceRequest, session: string | undefined, nowMs: number): boolean {
    this.announces++;
    this.lastSeen = Math.max(this.lastSeen, nowMs);
    if (session === undefined) return false;
    const { event, uploaded = 0, downloaded = 0 } = request;
    const seen = Math.floor(nowMs / 1000);
    const isStopped = event === 'stopped';
    const known = this.sessions.get(session);
    if (known === undefined) {
      this.sessions.set(session, {
        seen,
        isStopped,
        isStart: event === 'started',
        restarts: 0,
        up: { closed: 0, first: uploaded, highest: uploaded },
        down: { closed: 0, first: downloaded, highest: downloaded },
      });
      return true;
    }
    known.seen = seen;
    known.isStopped = isStopped;
    if (event === 'started' && (uploaded < known.up.highest || downloaded < known.down.highest)) {
      known.restarts++;
      restart(known.up, uploaded);
      restart(known.down, downloaded);
      return false;
    }
    known.up.highest = Math.max(known.up.highest, uploaded);
    known.down.highest = Math.max(known.down.highest, downloaded);
    return false;
  }

  /** What is stored, with this. */
  applied(use: KeyUse): KeyUse {
    const sessions = new Map(use.sessions);
    for (const [id, pending] of this.sessions) {
      const stored = sessions.get(id);
      // What was summed up is not counted a second time.
      if (stored === undefined && pending.seen < use.foldedBefore) continue;
      sessions.set(id, stored === undefined ? newSession(pending) : continued(stored, pending));
    }
    return { ...use, lastSeen: Math.max(use.lastSeen, this.lastSeen), sessions };
  }

  /**
   * Takes back what could not be written, in front of what came meanwhile. It may have been
   * written all the same: so nothing of it counts anew.
   */
  prepend(failed: PendingUse): void {
    this.announces += failed.announces;
    this.lastSeen = Math.max(this.lastSeen, failed.lastSeen);
    for (const [id, before] of failed.sessions) {
      const later = this.sessions.get(id);
      before.isStart = false;
      if (later === undefined) this.sessions.set(id, before);
      else if (later.restarts === 0 && !later.isStart) {
        later.up.first = Math.min(later.up.first, before.up.first);
        later.down.first = Math.min(later.down.first, before.down.first);
        later.up.highest = Math.max(later.up.highest, before.up.highest);
        later.down.highest = Math.max(later.down.highest, before.down.highest);
      }
    }
  }
}

function restart(direction: Reported, reported: number): void {
  direction.closed += direction.highest - direction.first;
  direction.first = reported;
  direction.highest = reported;
}

function newSession({ seen, isStopped, restarts, up, down }: PendingSession): Session {
  return { seen, isStopped, generation: restarts, up: spanOf(up, 0), down: spanOf(down, 0) };
}

function continued(stored: Session, pending: PendingSession): Session {
  const { seen, isStopped, isStart, restarts, up, down } = pending;
  const isAnew = isStart && (up.first < stored.up.highest || down.first < stored.down.highest);
  const generations = restarts + (isAnew ? 1 : 0);
  if (generations > 0) {
    return {
      seen,
      isStopped,
      generation: Math.min(stored.generation + generations, 255),
      up: spanOf(up, stored.up.closed + stored.up.highest - stored.up.lowest),
      down: spanOf(down, stored.down.closed + stored.down.highest - stored.down.lowest),
    };
  }
  const { generation } = stored;
  const next = {
    seen,
    isStopped,
    generation,
    up: { ...stored.up, highest: Math.max(stored.up.highest, up.highest) },
    down: { ...stored.down, highest: Math.max(stored.down.highest, down.highest) },
  };
  return joinSession(stored, next);
}

function spanOf({ closed, first, highest }: Reported, before: number): Span {
  return { closed: before + closed, lowest: first, highest };
}
