import type { Clock, Random } from '../../environment.js';
import type { Log } from '../../log.js';
import { StoreUnavailableError } from '../errors.js';
import { WaitQueue } from '../remote/wait-queue.js';
import { ping } from './commands.js';
import { AuthenticationError } from './failures.js';
import { ConnectionLostError } from '../remote/failures.js';
import type { ConnectionEvents, NodeConnection } from './node-connection.js';
import type { RiakNodeAddress } from './options.js';
import { PoolNode } from './pool-node.js';
import { PoolNodes } from './pool-nodes.js';

export interface PoolOptions {
  readonly nodes: readonly RiakNodeAddress[];
  /** To each node. */
  readonly maxConnections: number;
  /** Calls that may wait for a connection. */
  readonly queueDepth: number;
  readonly idleTimeoutMs: number;
  /** How long a node that is asked for a sign of life may be silent. */
  readonly connectTimeoutMs: number;
  /** Whether a node checks a password on each connection, which takes its processor time. */
  readonly costlyLogin: boolean;
  /**
   * Starts to open a connection. `probe`: it counts as open only when the node has answered
   * something.
   */
  readonly connect: (address: RiakNodeAddress, probe: boolean, events: ConnectionEvents) => NodeConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const unused = new ConnectionLostError('unused for too long');

/**
 * The connections to all nodes. A call takes one for as long as it runs, or waits for one in a queue;
 * connections are opened when calls wait. Only a call that waits has timers, so that nothing is missed
 * while a process is frozen: what is too old is replaced when it is next wanted, and a node that is
 * down is tried again, after a pause, when a call comes by.
 *
 * A node is down when it was asked for a sign of life, because a command on it went unanswered, and
 * gave none; or when it has no connection left and none could be opened. As long as it has others,
 * a connection that cannot be opened only holds back the next ones.
 *
 * Connections are opened a few at a time: a node that is asked for too many at once, each with a
 * password to check, opens none in time.
 */
export class ConnectionPool {
  private readonly nodes: PoolNodes;
  private readonly nodeOf = new Map<NodeConnection, PoolNode>();
  /** Calls, each with a node to keep away from if there is another one. */
  private readonly queue: WaitQueue<NodeConnection, PoolNode | undefined>;
  private lastFailure: Error | undefined;
  private closed = false;

  constructor(private readonly options: PoolOptions) {
    // While any is open the others may have failed for reasons of their own.
    this.queue = new WaitQueue(options.queueDepth, 'Riak', () =>
      this.isOpen ? undefined : this.lastFailure,
    );
    const { nodes, random, costlyLogin } = options;
    this.nodes = new PoolNodes(
      nodes.map((address) => new PoolNode(address, random, costlyLogin)),
      Math.floor(random() * nodes.length),
    );
  }

  /**
   * A connection that is idle, of a node that is up; undefined if all are busy. @throws
   * StoreUnavailableError if the store is closed
   */
  acquireNow(avoid?: PoolNode): NodeConnection | undefined {
    if (this.closed) throw new StoreUnavailableError('the store is closed');
    this.probe();
    return this.takeIdle(avoid);
  }

  /**
   * A connection to a node that is up, another one than `avoid` if there is one. Rejects with a
   * StoreUnavailableError after `waitMs` milliseconds, or at once if the queue is full or no node is
   * up.
   */
  async acquire(waitMs: number, avoid?: PoolNode): Promise<NodeConnection> {
    const ready = this.acquireNow(avoid);
    if (ready !== undefined) return ready;
    const served = this.queue.wait(avoid, waitMs, () => {
      this.openAnother();
    });
    this.grow();
    return served;
  }

  /** Takes back a connection that is fit for another command. */
  release(connection: NodeConnection): void {
    const node = this.nodeOf.get(connection);
    if (node === undefined) return;
    const now = this.options.clock.now();
    connection.idleSince = now;
    node.idle.push(connection);
    this.serve();
    node.closeIdle(now - this.options.idleTimeoutMs, unused);
  }

  /** Whether any connection is open. */
  get isOpen(): boolean {
    return this.nodeOf.size > 0;
  }

  /**
   * A command was not answered on this connection. That may be due to another node, which holds a
   * copy of what was asked for: so its node is asked for a sign of life on another connection, and
   * is down if it gives none. Call it before the connection is ended.
   */
  question(connection: NodeConnection, error: Error): void {
    const node = this.nodeOf.get(connection);
    if (node?.up !== true || node.questioned) return;
    node.questioned = true;
    const witness = node.idle.pop();
    if (witness === undefined) {
      this.openOne(node, error);
      return;
    }
    const timer = setTimeout(() => {
      this.giveUp(node, error);
      witness.end(error);
    }, this.options.connectTimeoutMs);
    witness.run(ping(), (outcome) => {
      clearTimeout(timer);
      if (!witness.closed) this.release(witness);
      if ('result' in outcome) node.questioned = false;
      // It may have been dead for long without anybody knowing.
      else if (node.questioned) this.openOne(node, error);
    });
  }

  /** The node that an open connection leads to. */
  nodeBehind(connection: NodeConnection): PoolNode | undefined {
    return this.nodeOf.get(connection);
  }

  hasOtherNode(node: PoolNode | undefined): boolean {
    return this.nodes.hasOther(node);
  }

  /** Closes every connection. Calls that wait are refused. */
  close(): void {
    this.closed = true;
    const reason = new ConnectionLostError('the store is closed');
    this.queue.refuseAll(new StoreUnavailableError('the store is closed'));
    const opening = this.nodes.all.flatMap((node) => [...node.opening]);
    for (const connection of [...opening, ...this.nodeOf.keys()]) connection.end(reason);
  }

  /**
   * The idle connection of the least busy node. A node that is less busy but has none idle gets one
   * more, for the next call.
   */
  private takeIdle(avoid: PoolNode | undefined): NodeConnection | undefined {
    const oldest = this.options.clock.now() - this.options.idleTimeoutMs;
    const nodes = this.nodes.byLoad(avoid);
    for (const node of nodes) {
      node.closeIdle(oldest, unused);
      const connection = node.idle.pop();
      if (connection === undefined) continue;
      const [leastBusy] = nodes;
      if (leastBusy !== undefined && leastBusy !== node) this.openOne(leastBusy);
      return connection;
    }
    return undefined;
  }

  /** Hands idle connections to the calls that wait longest. */
  private serve(): void {
    for (const call of this.queue) {
      const connection = this.takeIdle(call.wish);
      if (connection === undefined) {
        if (call.wish === undefined) return;
        continue;
      }
      // To take it may have closed others that were too old, whereupon this call was served.
      if (!call.serve(connection)) this.release(connection);
    }
  }

  /**
   * When a node may have gone down: with the others down, a call that keeps away from one is served
   * by that one.
   */
  private serveOrGrow(): void {
    this.serve();
    this.grow();
  }

  /**
   * Opens a connection for each call that waits, as far as nodes have room. With no node left to
   * hope for, nobody waits.
   */
  private grow(): void {
    if (this.closed) return;
    this.probe();
    while (this.nodes.openings < this.queue.length) {
      const node = this.nodes.byLoad(undefined).find((candidate) => this.hasRoom(candidate));
      if (node === undefined) break;
      this.openOne(node);
    }
    if (this.nodes.openings === 0 && !this.nodes.isAnyUp) {
      this.queue.refuseAll(
        new StoreUnavailableError('no node of Riak can be reached', { cause: this.lastFailure }),
      );
    }
  }

  /**
   * For a call that has waited long: the packet that opens its connection may be lost, or the host
   * be gone without a word.
   */
  private openAnother(): void {
    const [node] = this.nodes
      .byLoad(undefined)
      .filter((candidate) => this.hasRoom(candidate))
      .sort((a, b) => a.opening.size - b.opening.size);
    if (node !== undefined) this.openOne(node);
  }

  /** Tries the nodes that are down and have been left alone for long enough. */
  private probe(): void {
    for (const node of this.nodes.all) if (!node.up) this.openOne(node);
  }

  private hasRoom(node: PoolNode): boolean {
    return node.mayOpen(this.options.maxConnections, this.options.clock.now());
  }

  /**
   * @param question why the node is asked for a sign of life, which it is however many connections
   *   it has
   */
  private openOne(node: PoolNode, question?: Error): void {
    if (question === undefined && !this.hasRoom(node)) return;
    const { clock, connectTimeoutMs, log } = this.options;
    const startedAt = clock.now();
    node.connections += 1;
    const settled = (): void => {
      node.opening.delete(connection);
    };
    const probe = node.inDoubt || question !== undefined;
    const connection = this.options.connect(node.address, probe, {
      opened: () => {
        settled();
        this.nodeOf.set(connection, node);
        node.opened(clock.now() - startedAt, connectTimeoutMs / 2);
        if (question !== undefined) node.questioned = false;
        // A node that is in doubt is trusted again when it has answered; that it accepted a
        // connection means nothing.
        if (probe) {
          if (!node.up) log.warn('riak node up', { ...node.address });
          node.recovered();
        }
        this.release(connection);
        // Calls may wait that were not to have a connection opened before this one was.
        this.grow();
      },
      failed: (error) => {
        settled();
        node.connections -= 1;
        if (this.closed) return;
        this.lastFailure = error;
        if (question !== undefined) this.giveUp(node, question);
        this.notOpened(node, probe, error);
        this.serveOrGrow();
      },
      lost: (wasRunning) => {
        node.connections -= 1;
        node.forget(connection);
        this.nodeOf.delete(connection);
        // If one was dead when it was used, those that lie idle may be as dead and not know it yet.
        if (wasRunning) node.closeIdle(Infinity, unused);
        if (!this.closed) this.giveUpIfBare(node);
        this.serveOrGrow();
      },
    });
    node.opening.add(connection);
    connection.connect();
  }

  private notOpened(node: PoolNode, probe: boolean, error: Error): void {
    const doubted = node.inDoubt;
    // Of attempts that were made side by side, the first to fail counts.
    if (probe || !doubted) node.failed(this.options.clock.now());
    if (!node.up && probe) node.closeIdle(Infinity, error);
    this.giveUpIfBare(node);
    if (doubted) return;
    if (error instanceof AuthenticationError) {
      this.options.log.error('riak refuses the user', { ...node.address, cause: error });
    } else if (node.up) {
      this.options.log.warn('riak connection not opened', { ...node.address, cause: error });
    }
  }

  /** It gave no sign of life. */
  private giveUp(node: PoolNode, error: Error): void {
    node.questioned = false;
    if (!node.up) return;
    this.report(node, error);
    this.lastFailure = error;
    node.down(this.options.clock.now());
    this.serveOrGrow();
  }

  /** A node is down when connections to it cannot be opened and the last one is gone. */
  private giveUpIfBare(node: PoolNode): void {
    if (!node.up || !node.inDoubt || node.connections > 0) return;
    this.report(node, this.lastFailure);
    node.up = false;
  }

  private report(node: PoolNode, error: Error | undefined): void {
    this.options.log.warn('riak node down', { ...node.address, cause: error });
  }
}
