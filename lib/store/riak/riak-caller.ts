import { StoreUnavailableError } from '../errors.js';
import { OpenCalls } from '../remote/open-calls.js';
import type { Command } from './commands.js';
import type { ConnectionPool } from './connection-pool.js';
import { Deadline } from './deadline.js';
import { isReplicaTimeout, isUnbegun, RiakErrorAnswer, storeErrorOf } from './failures.js';
import { ConnectionLostError, NoAnswerError, ProtocolError } from '../remote/failures.js';
import type { NodeConnection } from './node-connection.js';
import type { PoolNode } from './pool-node.js';

/**
 * A command starts only with this share of the call's time left: a node that is silent for that
 * long deserves to be questioned.
 */
const leastShare = 1 / 4;
/**
 * The longest that a call waits for its first connection while there are others, as a share of its
 * time.
 */
const waitShare = 1 / 2;
/**
 * How long a command waits for its answer while there is time for another node, as a share of the
 * call's time.
 */
const patienceShare = 1 / 2;
/** What is tried after a failure. */
interface Next<T> {
  readonly command: Command<T>;
  /** A node to keep away from if there is another. */
  readonly avoid: PoolNode | undefined;
}

/**
 * Runs commands: each with a deadline of its own, and tried again where that may help and does no
 * harm.
 */
export class RiakCaller {
  private readonly calls = new OpenCalls();

  constructor(private readonly pool: ConnectionPool) {}

  /**
   * The result of a command, within `timeoutMs` milliseconds. While other calls are under way at
   * most half of them go to the wait for a connection: when more calls come than Riak can serve,
   * some are refused unsent, and no node is blamed for the time that a call spent waiting. A call
   * by itself, or while no connection is open yet, waits as long as there is time to use the
   * connection.
   * @throws StoreUnavailableError if no node served it in that time, StoreError if Riak refused it
   */
  async call<T>(command: Command<T>, timeoutMs: number): Promise<T> {
    this.calls.begin();
    const deadline = new Deadline(timeoutMs);
    try {
      return await this.attempts(command, deadline, timeoutMs);
    } catch (failure) {
      throw storeErrorOf(command.name, failure);
    } finally {
      deadline.cancel();
      this.calls.end();
    }
  }

  /**
   * Waits for the calls that are under way, which their deadlines bound, then closes every
   * connection.
   */
  close(): Promise<void> {
    return this.calls.close(() => {
      this.pool.close();
    });
  }

  private async attempts<T>(first: Command<T>, deadline: Deadline, timeoutMs: number): Promise<T> {
    const leastMs = timeoutMs * leastShare;
    const patienceMs = timeoutMs * patienceShare;
    const waitsAlone = this.calls.count === 1 || !this.pool.isOpen;
    let waitMs = waitsAlone ? timeoutMs - leastMs : timeoutMs * waitShare;
    let next: Next<T> = { command: first, avoid: undefined };
    for (let attempt = 1; ; attempt += 1) {
      const { command, avoid } = next;
      const connection =
        this.pool.acquireNow(avoid) ?? (await this.connect(deadline, leastMs, waitMs, avoid));
      const node = this.pool.nodeBehind(connection);
      // After a long wait there is no time for two nodes: this one has all that is left.
      const hasTime = deadline.leftMs >= patienceMs + leastMs;
      const another = attempt === 1 && command.repeatable && hasTime && this.pool.hasOtherNode(node);
      try {
        return await this.attempt(connection, command, deadline, another ? patienceMs : undefined);
      } catch (failure) {
        const followed = this.nextAfter(failure, next, node, attempt);
        waitMs = deadline.leftMs - leastMs;
        if (followed === undefined || waitMs <= 0) throw failure;
        next = followed;
      }
    }
  }

  private nextAfter<T>(
    failure: unknown,
    { command }: Next<T>,
    node: PoolNode | undefined,
    attempt: number,
  ): Next<T> | undefined {
    if (attempt > 1) return undefined;
    if (failure instanceof ConnectionLostError || failure instanceof ProtocolError) {
      return command.repeatable ? { command, avoid: node } : undefined;
    }
    if (!this.pool.hasOtherNode(node)) return undefined;
    if (isUnbegun(failure)) return { command, avoid: node };
    if (!command.repeatable) return undefined;
    // Who is silent may be a replica of the key, and not the node that was asked.
    if (failure instanceof NoAnswerError) return { command: command.instead ?? command, avoid: node };
    return failure instanceof RiakErrorAnswer ? { command, avoid: node } : undefined;
  }

  /** A connection, with at least `leastMs` left to use it. */
  private async connect(
    deadline: Deadline,
    leastMs: number,
    waitMs: number,
    avoid?: PoolNode,
  ): Promise<NodeConnection> {
    const connection = await this.pool.acquire(waitMs, avoid);
    if (deadline.leftMs >= leastMs) return connection;
    // The process itself was held up.
    if (!connection.closed) this.pool.release(connection);
    throw new StoreUnavailableError('no connection to Riak was free in time');
  }

  private attempt<T>(
    connection: NodeConnection,
    command: Command<T>,
    deadline: Deadline,
    patienceMs: number | undefined,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const giveUp = (): void => {
        // One look at the socket before the verdict: a process that was frozen finds its timers due
        // before it reads what has come.
        setImmediate(() => {
          if (settled) return;
          const error = new NoAnswerError('no answer in time');
          this.pool.question(connection, error);
          connection.end(error);
        });
      };
      const patience = patienceMs === undefined ? undefined : setTimeout(giveUp, patienceMs);
      deadline.onExpire(giveUp);
      const run = (asked: Command<T>): void => {
        connection.run(asked, (outcome) => {
          const { instead } = asked;
          // The node has answered: of all nodes it is the one that is known to be alive.
          if ('failure' in outcome && instead !== undefined && isReplicaTimeout(outcome.failure)) {
            run(instead);
            return;
          }
          settled = true;
          clearTimeout(patience);
          deadline.onExpire(undefined);
          if (!connection.closed) this.pool.release(connection);
          if ('failure' in outcome) reject(outcome.failure);
          else resolve(outcome.result);
        });
      };
      run(command);
    });
  }
}
