import type { Random } from '../../environment.js';
import type { NodeConnection } from './node-connection.js';
import type { RiakNodeAddress } from './options.js';

const firstPauseMs = 100;
const longestPauseMs = 5000;

/** Connections that are opened side by side at first. */
const firstOpenings = 4;

/** What the pool knows of one node: its connections, and whether it is worth asking. */
export class PoolNode {
  /** Opened and unused, the one used last at the end. */
  readonly idle: NodeConnection[] = [];
  /** Those that are being opened. */
  readonly opening = new Set<NodeConnection>();
  /** Connections in any state: opening, idle and busy. */
  connections = 0;
  /** A node counts as up until it is found down. */
  up = true;
  /**
   * A command was not answered in time: whether the node is to blame is being found out. Others are
   * asked first meanwhile.
   */
  questioned = false;
  private failures = 0;
  private retryAt = 0;
  private openings: number;

  /**
   * @param costlyLogin the node checks a password on each connection: they are opened one after the
   *   other
   */
  constructor(
    readonly address: RiakNodeAddress,
    private readonly random: Random,
    private readonly costlyLogin = false,
  ) {
    this.openings = costlyLogin ? 1 : firstOpenings;
  }

  /**
   * Down, or the last attempt to connect failed: connections are opened one at a time, each counts
   * when the node has answered on it.
   */
  get inDoubt(): boolean {
    return !this.up || this.failures > 0;
  }

  get busy(): number {
    return this.connections - this.idle.length;
  }

  /**
   * Whether another connection may be opened. A node that is in doubt gets one at a time, after a
   * pause; one that is questioned none but that which it is asked on.
   */
  mayOpen(maxConnections: number, now: number): boolean {
    if (this.questioned || (this.up && this.connections >= maxConnections)) return false;
    if (!this.inDoubt) return this.opening.size < this.openings;
    const pause = this.retryAt - now;
    // A clock that was set back must not turn a pause of seconds into one of hours.
    return this.opening.size === 0 && (pause <= 0 || pause > longestPauseMs);
  }

  /**
   * As many connections are opened side by side as succeed: one more with each, half as many when
   * one was slow.
   */
  opened(tookMs: number, slowMs: number): void {
    if (this.costlyLogin) return;
    this.openings = tookMs < slowMs ? this.openings + 1 : Math.max(1, this.openings >>> 1);
  }

  /** It is asked for a sign of life, now, before it gets another command. */
  down(now: number): void {
    this.up = false;
    this.retryAt = now;
  }

  /** A connection could not be opened: the next one has to wait. */
  failed(now: number): void {
    const pause = Math.min(firstPauseMs * 2 ** this.failures, longestPauseMs);
    this.failures += 1;
    this.openings = Math.max(1, this.openings >>> 1);
    // Spread, so that many processes do not come back to a node at the same moment.
    this.retryAt = now + pause * (0.5 + this.random() / 2);
  }

  recovered(): void {
    this.up = true;
    this.failures = 0;
  }

  forget(connection: NodeConnection): void {
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
  }

  /** Closes connections that are idle since before `since`. They are in the order of their last use. */
  closeIdle(since: number, reason: Error): void {
    for (let oldest = this.idle[0]; oldest !== undefined && oldest.idleSince < since; oldest = this.idle[0]) {
      this.idle.shift();
      oldest.end(reason);
    }
  }
}
