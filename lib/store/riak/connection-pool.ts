import type { Clock, Random } from '../../environment.js';
import type { Log } from '../../log.js';
import { StoreUnavailableError } from '../errors.js';
import { ConnectionLostError } from './failures.js';
import type { ConnectionEvents, NodeConnection } from './node-connection.js';
import type { RiakNodeAddress } from './options.js';
import { PoolNode } from './pool-node.js';
import { Waiter } from './waiter.js';

export interface PoolOptions {
  readonly nodes: readonly RiakNodeAddress[];
  /** To each node. */
  readonly maxConnections: number;
  /** Calls that may wait for a connection. */
  readonly queueDepth: number;
  readonly idleTimeoutMs: number;
  /** Starts to open a connection. `probe`: it counts as open only when the node has answered something. */
  readonly connect: (address: RiakNodeAddress, probe: boolean, events: ConnectionEvents) => NodeConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const unused = new ConnectionLostError('unused for too long');

/**
 * The connections to all nodes. A call takes one for as long as it runs, or waits in line for one; connections are opened when calls
 * wait. Only a call in line has timers, so that nothing is missed while a process is frozen: what is too old is replaced when it is next
 * wanted, and a node that is down is tried again, after a pause, when a call comes by.
 *
 * A node is down when a command on it went unanswered, or when it has no connection left and none could be opened. As long as it has
 * others, a connection that cannot be opened only holds back the next ones.
 */
export class ConnectionPool {
  private readonly nodes: readonly PoolNode[];
  private readonly nodeOf = new Map<NodeConnection, PoolNode>();
  private readonly opening = new Set<NodeConnection>();
  /** In the order they came. */
  private readonly waiters = new Set<Waiter>();
  private turn: number;
  private lastFailure: Error | undefined;
  private closed = false;

  constructor(private readonly options: PoolOptions) {
    this.nodes = options.nodes.map((address) => new PoolNode(address, options.random));
    // Processes start at different nodes: a small one may never open more than one connection.
    this.turn = Math.floor(options.random() * this.nodes.length);
  }

  /**
   * A connection to a node that is up, another one than `avoid` if there is one.
   * Rejects with a StoreUnavailableError after `waitMs` milliseconds, or at once if the line is full or no node is up.
   */
  async acquire(waitMs: number, avoid?: PoolNode): Promise<NodeConnection> {
    if (this.closed) throw new StoreUnavailableError('the store is closed');
    this.probe();
    const ready = this.takeIdle(avoid);
    if (ready !== undefined) return ready;
    if (this.waiters.size >= this.options.queueDepth)
      throw new StoreUnavailableError('too many calls wait for Riak');
    const waiter = new Waiter(
      avoid,
      waitMs,
      () => {
        this.openAnother();
      },
      (late) => {
        this.waiters.delete(late);
        late.refuse(new StoreUnavailableError('no connection to Riak was free in time'));
      },
    );
    this.waiters.add(waiter);
    this.grow();
    return waiter.connection;
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

  /** The node did not answer on this connection. Call it before the connection is ended. */
  suspect(connection: NodeConnection, error: Error): void {
    const node = this.nodeOf.get(connection);
    if (node?.up !== true) return;
    this.report(node, error);
    this.lastFailure = error;
    node.suspect(this.options.clock.now());
    this.serveOrGrow();
  }

  /** The node that an open connection leads to. */
  nodeBehind(connection: NodeConnection): PoolNode | undefined {
    return this.nodeOf.get(connection);
  }

  hasOtherNode(node: PoolNode | undefined): boolean {
    return this.nodes.some((other) => other.up && other !== node);
  }

  /** Closes every connection. Calls that wait are refused. */
  close(): void {
    this.closed = true;
    const reason = new ConnectionLostError('the store is closed');
    this.refuseWaiters(new StoreUnavailableError('the store is closed'));
    for (const connection of [...this.opening, ...this.nodeOf.keys()]) connection.end(reason);
  }

  /** The idle connection of the least busy node. A node that is less busy but has none idle gets one more, for the next call. */
  private takeIdle(avoid: PoolNode | undefined): NodeConnection | undefined {
    const oldest = this.options.clock.now() - this.options.idleTimeoutMs;
    const nodes = this.byLoad(avoid);
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

  /** The nodes that are up, least busy first, those alike by turns. */
  private byLoad(avoid: PoolNode | undefined): PoolNode[] {
    const [only] = this.nodes;
    if (this.nodes.length === 1 && only !== undefined) return only.up ? [only] : [];
    this.turn = (this.turn + 1) % this.nodes.length;
    const turned = [...this.nodes.slice(this.turn), ...this.nodes.slice(0, this.turn)];
    const up = turned.filter((node) => node.up).sort((a, b) => a.busy - b.busy);
    const others = up.filter((node) => node !== avoid);
    return others.length > 0 ? others : up;
  }

  /** Hands idle connections to the calls that wait longest. */
  private serve(): void {
    for (const waiter of this.waiters) {
      const connection = this.takeIdle(waiter.avoid);
      if (connection === undefined) {
        if (waiter.avoid === undefined) return;
        continue;
      }
      // To take it may have closed others that were too old, whereupon this call was served.
      if (this.waiters.delete(waiter)) waiter.serve(connection);
      else this.release(connection);
    }
  }

  /** When a node may have gone down: with the others down, a call that keeps away from one is served by that one. */
  private serveOrGrow(): void {
    this.serve();
    this.grow();
  }

  /** Opens a connection for each call that waits, as far as nodes have room. With no node left to hope for, nobody waits. */
  private grow(): void {
    if (this.closed) return;
    this.probe();
    while (this.opening.size < this.waiters.size) {
      const node = this.byLoad(undefined).find((candidate) => this.hasRoom(candidate));
      if (node === undefined) break;
      this.openOne(node);
    }
    if (this.opening.size === 0 && !this.nodes.some((node) => node.up)) {
      this.refuseWaiters(
        new StoreUnavailableError('no node of Riak can be reached', { cause: this.lastFailure }),
      );
    }
  }

  /** For a call that has waited long: the packet that opens its connection may be lost, or the host be gone without a word. */
  private openAnother(): void {
    const [node] = this.byLoad(undefined)
      .filter((candidate) => this.hasRoom(candidate))
      .sort((a, b) => a.opening - b.opening);
    if (node !== undefined) this.openOne(node);
  }

  /** Tries the nodes that are down and have been left alone for long enough. */
  private probe(): void {
    for (const node of this.nodes) if (!node.up) this.openOne(node);
  }

  private hasRoom(node: PoolNode): boolean {
    return node.mayOpen(this.options.maxConnections, this.options.clock.now());
  }

  private openOne(node: PoolNode): void {
    if (!this.hasRoom(node)) return;
    node.connections += 1;
    node.opening += 1;
    const settled = (): void => {
      node.opening -= 1;
      this.opening.delete(connection);
    };
    const probe = node.inDoubt;
    const connection = this.options.connect(node.address, probe, {
      opened: () => {
        settled();
        this.nodeOf.set(connection, node);
        // A node that is in doubt is trusted again when it has answered; that it accepted a connection means nothing.
        if (probe) {
          if (!node.up) this.options.log.info('riak node up', { ...node.address });
          node.recovered();
        }
        this.release(connection);
        // It fell silent on another connection meanwhile, when none could be opened to ask for a sign of life: the calls in line need one now.
        if (!node.up) this.grow();
      },
      failed: (error) => {
        settled();
        node.connections -= 1;
        if (this.closed) return;
        this.lastFailure = error;
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
    this.opening.add(connection);
    connection.connect();
  }

  private notOpened(node: PoolNode, probe: boolean, error: Error): void {
    const doubted = node.inDoubt;
    // Of attempts that were made side by side, the first to fail counts.
    if (probe || !doubted) node.failed(this.options.clock.now());
    if (!node.up && probe) node.closeIdle(Infinity, error);
    this.giveUpIfBare(node);
    if (node.up && !doubted) {
      this.options.log.warn('riak connection not opened', { ...node.address, cause: error });
    }
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

  private refuseWaiters(error: StoreUnavailableError): void {
    const refused = [...this.waiters];
    this.waiters.clear();
    for (const waiter of refused) waiter.refuse(error);
  }
}
