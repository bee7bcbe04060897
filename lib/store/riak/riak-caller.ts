import { StoreUnavailableError } from '../errors.js';
import type { Command } from './commands.js';
import type { ConnectionPool } from './connection-pool.js';
import { Deadline } from './deadline.js';
import {
  ConnectionLostError,
  NoAnswerError,
  ProtocolError,
  RiakErrorAnswer,
  storeErrorOf,
} from './failures.js';
import type { NodeConnection } from './node-connection.js';

/** Runs commands: each with a deadline of its own, and sent a second time if the first was lost and that does no harm. */
export class RiakCaller {
  private underWay = 0;
  private closing: Promise<void> | undefined;
  private drained: (() => void) | undefined;

  constructor(private readonly pool: ConnectionPool) {}

  /**
   * The result of a command, within `timeoutMs`.
   * @throws StoreUnavailableError if no node served it in that time, StoreError if Riak refused it
   */
  async call<T>(command: Command<T>, timeoutMs: number): Promise<T> {
    if (this.closing !== undefined) throw new StoreUnavailableError('the store is closed');
    this.underWay += 1;
    const deadline = new Deadline(timeoutMs);
    try {
      return await this.withOneRepeat(command, deadline, timeoutMs);
    } catch (failure) {
      throw storeErrorOf(command.name, failure);
    } finally {
      deadline.cancel();
      this.underWay -= 1;
      if (this.underWay === 0) this.drained?.();
    }
  }

  /** Waits for the calls that are under way, which their deadlines bound, then closes every connection. */
  close(): Promise<void> {
    this.closing ??= new Promise<void>((resolve) => {
      this.drained = resolve;
      if (this.underWay === 0) resolve();
    }).then(() => {
      this.pool.close();
    });
    return this.closing;
  }

  private async withOneRepeat<T>(command: Command<T>, deadline: Deadline, timeoutMs: number): Promise<T> {
    const connection = await this.pool.acquire(deadline);
    const node = this.pool.nodeBehind(connection);
    const elsewhere = this.pool.hasOtherNode(node);
    try {
      // With another node to turn to, half of the time is enough for this one.
      return await this.attempt(
        connection,
        command,
        deadline,
        command.repeatable && elsewhere ? timeoutMs / 2 : undefined,
      );
    } catch (failure) {
      const lost = failure instanceof ConnectionLostError || failure instanceof ProtocolError;
      const otherMayDo = failure instanceof NoAnswerError || failure instanceof RiakErrorAnswer;
      const worthwhile = lost || (otherMayDo && this.pool.hasOtherNode(node));
      if (!command.repeatable || !worthwhile || deadline.expired) throw failure;
      return await this.attempt(await this.pool.acquire(deadline, node), command, deadline, undefined);
    }
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
        // One look at the socket before the verdict: a process that was frozen finds its timers due before it reads what has come.
        setImmediate(() => {
          if (settled) return;
          const error = new NoAnswerError('no answer in time');
          this.pool.suspect(connection, error);
          connection.end(error);
        });
      };
      const patience = patienceMs === undefined ? undefined : setTimeout(giveUp, patienceMs);
      deadline.onExpire(giveUp);
      connection.run(command, (outcome) => {
        settled = true;
        clearTimeout(patience);
        deadline.onExpire(undefined);
        if (!connection.closed) this.pool.release(connection);
        if ('failure' in outcome) reject(outcome.failure);
        else resolve(outcome.result);
      });
    });
  }
}
