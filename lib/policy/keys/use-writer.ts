import type { AnnounceRequest } from '../../bittorrent/announce.js';
import type { Clock } from '../../environment.js';
import type { Log } from '../../log.js';
import type { KeyStore } from './key-store.js';
import type { KeyUse } from './key-use.js';
import { PendingUse } from './pending-use.js';

export interface UseWriterOptions {
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly log: Log;
  /** KEY_USE_SECONDS. */
  readonly seconds: number;
}

/**
 * Notes what keys are used for, and writes it now and then, all announces of a key since the last
 * time at once. Between two writes it costs no operation on the store.
 */
export class UseWriter {
  /** By hash of the key. The one that was noted first is first. */
  private readonly pending = new Map<string, { readonly since: number; readonly use: PendingUse }>();
  private sessions = 0;
  private writing: Promise<void> | undefined;
  private hasFailed = false;

  /** @param onWritten is told what is stored of a key by now */
  constructor(
    private readonly options: UseWriterOptions,
    private readonly onWritten: (keyHash: string, use: KeyUse) => void,
  ) {}

  /** @param session the id of the peer in the torrent */
  note(keyHash: string, request: AnnounceRequest, session: string): void {
    const now = this.options.clock.now();
    let entry = this.pending.get(keyHash);
    if (entry === undefined) {
      entry = { since: now, use: new PendingUse() };
      this.pending.set(keyHash, entry);
    }
    // Where there is no room the bytes are left to the next announce, which says all of them.
    const hasRoom = this.sessions < MAX_PENDING_SESSIONS;
    if (entry.use.note(request, hasRoom ? session : undefined, now)) this.sessions++;
  }

  /** Keys whose use is not written yet. */
  get unwritten(): number {
    return this.pending.size;
  }

  /** Whether something waits for longer than it should, or takes too much memory. */
  get isDue(): boolean {
    if (this.pending.size === 0) return false;
    if (this.sessions >= MAX_PENDING_SESSIONS) return true;
    const [first] = this.pending.values();
    // A clock that was set back must not keep it for ever.
    const age = Math.abs(this.options.clock.now() - (first?.since ?? 0));
    return age >= this.options.seconds * 1000;
  }

  /**
   * Writes what was noted first; one call at a time, others wait for it. Never rejects: what cannot
   * be written waits for the next time.
   * @param limit keys at most
   */
  write(limit: number): Promise<void> {
    this.writing ??= this.writeSome(limit).finally(() => {
      this.writing = undefined;
    });
    return this.writing;
  }

  /** Writes everything, as long as that succeeds. */
  async writeAll(): Promise<void> {
    await this.writing;
    for (let left = this.pending.size; left > 0;) {
      await this.write(left);
      if (this.hasFailed) return;
      left = this.pending.size;
    }
  }

  private async writeSome(limit: number): Promise<void> {
    const taken = [...this.pending].slice(0, limit);
    for (const [keyHash, { use }] of taken) {
      this.pending.delete(keyHash);
      this.sessions -= use.size;
    }
    for (let at = 0; at < taken.length; at += AT_ONCE) {
      await Promise.all(
        taken.slice(at, at + AT_ONCE).map(([keyHash, { use }]) => this.writeOne(keyHash, use)),
      );
    }
  }

  private async writeOne(keyHash: string, use: PendingUse): Promise<void> {
    const { store } = this.options;
    try {
      this.onWritten(keyHash, await store.addUse(keyHash, use));
    } catch (cause) {
      this.failed(cause);
      this.putBack(keyHash, use);
      return;
    }
    try {
      await store.addAnnounces(keyHash, use.announces);
      if (this.hasFailed) this.options.log.warn('use of keys written again');
      this.hasFailed = false;
    } catch (cause) {
      // They may be counted: a second time would be wrong, too.
      this.failed(cause);
    }
  }

  /** One line when it begins. */
  private failed(cause: unknown): void {
    if (!this.hasFailed) this.options.log.error('use of keys not written', { cause });
    this.hasFailed = true;
  }

  private putBack(keyHash: string, use: PendingUse): void {
    const meanwhile = this.pending.get(keyHash)?.use ?? new PendingUse();
    this.sessions -= meanwhile.size;
    meanwhile.prepend(use);
    this.sessions += meanwhile.size;
    this.pending.set(keyHash, { since: this.options.clock.now(), use: meanwhile });
  }
}

/** Some 30 MB. */
const MAX_PENDING_SESSIONS = 100_000;
const AT_ONCE = 8;
