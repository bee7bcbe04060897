import type { Command } from '../../../lib/store/riak/commands.js';
import { ConnectionPool, type PoolOptions } from '../../../lib/store/riak/connection-pool.js';
import type { ConnectionEvents, NodeConnection, Outcome } from '../../../lib/store/riak/node-connection.js';
import type { RiakNodeAddress } from '../../../lib/store/riak/options.js';
import { LogLines } from './support.js';

/** A connection that does nothing by itself: a test says what becomes of it. */
export class FakeConnection {
  idleSince = 0;
  closed = false;
  /** Of the last command. */
  commandName = '';
  private done: ((outcome: Outcome<never>) => void) | undefined;

  constructor(
    private readonly owner: FakeConnections,
    readonly host: string,
    readonly probe: boolean,
    private readonly events: ConnectionEvents,
  ) {}

  connect(): void {
    // A real one never opens within the call.
    queueMicrotask(() => this.owner.onConnect?.(this));
  }

  open(): void {
    this.events.opened();
  }

  fail(error = new Error('cannot be opened')): void {
    this.closed = true;
    this.events.failed(error);
  }

  run(command: Command<never>, done: (outcome: Outcome<never>) => void): void {
    this.commandName = command.name;
    this.done = done;
    this.owner.sent += 1;
    this.owner.onCommand?.(this);
  }

  /** As Riak does: the connection stays. */
  refuse(failure: Error): void {
    this.finish({ failure });
  }

  answer(): void {
    this.finish({ result: undefined as never });
  }

  end(failure: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.events.lost(this.done !== undefined);
    this.finish({ failure });
  }

  private finish(outcome: Outcome<never>): void {
    const done = this.done;
    this.done = undefined;
    done?.(outcome);
  }
}

/** A pool whose connections are fakes. Its clock stands until a test moves it. */
export class FakeConnections {
  readonly all: FakeConnection[] = [];
  readonly log = new LogLines();
  readonly pool: ConnectionPool;
  now = 0;
  /** Commands that went out on any connection. */
  sent = 0;
  onConnect: ((connection: FakeConnection) => void) | undefined;
  onCommand: ((connection: FakeConnection) => void) | undefined;

  constructor(hosts: readonly string[], changes: Partial<PoolOptions> = {}) {
    this.pool = new ConnectionPool({
      nodes: hosts.map((host) => ({ host, port: 8087 })),
      maxConnections: 8,
      queueDepth: 1000,
      idleTimeoutMs: 10_000,
      connectTimeoutMs: 100,
      costlyLogin: false,
      connect: (address, probe, events) => this.start(address, probe, events),
      clock: { now: () => this.now },
      // So that a pause is as long as it can be.
      random: () => 1 - Number.EPSILON,
      log: this.log,
      ...changes,
    });
  }

  /** Those started so far, but for the first `after`. */
  since(after: number): FakeConnection[] {
    return this.all.slice(after);
  }

  get events(): string[] {
    return this.log.lines.map(({ event }) => event);
  }

  private start(address: RiakNodeAddress, probe: boolean, events: ConnectionEvents): NodeConnection {
    const connection = new FakeConnection(this, address.host, probe, events);
    this.all.push(connection);
    return connection as unknown as NodeConnection;
  }
}
