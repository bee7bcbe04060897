/**
 * A node of the double's cluster: a listener on a port of 127.0.0.1 that can be stopped, started,
 * paused and made to fail.
 */

import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { ClusterNode, NodeState } from './cluster-node.js';
import { Connection } from './connection.js';
import { Faults } from './faults.js';
import { OperationCounts } from './operation-counts.js';
import { Processor } from './processor.js';
import type { Context } from './requests.js';
import type { Security } from './security.js';

export interface NodeSettings {
  readonly context: Context;
  readonly security: Security | undefined;
  /** Counts the requests to all nodes together. */
  readonly clusterOperations: OperationCounts;
}

const HOST = '127.0.0.1';

export class RiakDoubleNode {
  readonly host = HOST;
  readonly faults: Faults;
  /** Requests to this node, counted at the socket. */
  readonly operations = new OperationCounts();
  /** Milliseconds added to each request: half before it takes effect, half after. */
  latency: () => number = () => 0;

  private readonly processor = new Processor();
  private readonly connections = new Set<Connection>();
  private server: Server | undefined;
  private chosenPort: number;
  private paused = false;
  private wake: NodeJS.Timeout | undefined;
  private cancelStart: () => void = () => undefined;

  /** `port` 0: a free one, the same one for the node's whole life. */
  constructor(
    port: number,
    private readonly settings: NodeSettings,
  ) {
    this.chosenPort = port;
    this.faults = new Faults(settings.context.random);
  }

  get port(): number {
    return this.chosenPort;
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  /**
   * Listens, again on the same port after a stop. Rejects if the port is taken.
   * @param servicesAfterMs until then it accepts connections and knows no request about keys
   */
  async start(servicesAfterMs = 0): Promise<void> {
    if (this.server !== undefined) return;
    const server = createServer((socket) => {
      this.accept(socket);
    });
    this.server = server;
    server.listen(this.chosenPort, HOST);
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') this.chosenPort = address.port;
    this.setState(servicesAfterMs > 0 ? 'starting' : 'up');
    this.cancelStart = this.settings.context.cluster.later(servicesAfterMs, () => {
      this.setState('up');
    });
  }

  /** As with a new disk. Only a node that is stopped can be wiped. */
  wipe(): void {
    if (this.server !== undefined) throw new Error('a node that runs cannot be wiped');
    this.member.wipe();
  }

  /** As a crashed node: connections are cut, new ones refused. What is held stays. */
  async stop(): Promise<void> {
    this.cancelStart();
    this.processor.stop();
    this.setState('down');
    this.resume();
    const server = this.server;
    if (server === undefined) return;
    this.server = undefined;
    server.close();
    this.cutConnections();
    await once(server, 'close');
  }

  cutConnections(): void {
    for (const connection of this.connections) connection.destroy();
  }

  /**
   * As a node stopped by SIGSTOP: connections are accepted, nothing is read or answered until
   * resume.
   */
  pause(): void {
    this.paused = true;
    this.setState('frozen');
    for (const connection of this.connections) connection.pause();
  }

  resume(): void {
    clearTimeout(this.wake);
    if (!this.paused) return;
    this.paused = false;
    if (this.member.state === 'frozen') this.setState('up');
    for (const connection of this.connections) connection.resume();
  }

  pauseFor(ms: number): void {
    this.pause();
    clearTimeout(this.wake);
    this.wake = setTimeout(() => {
      this.resume();
    }, ms);
  }

  private get member(): ClusterNode {
    const { cluster, node } = this.settings.context;
    return cluster.node(node);
  }

  private setState(state: NodeState): void {
    const { cluster, node } = this.settings.context;
    cluster.setState(node, state);
  }

  private accept(socket: Socket): void {
    const { context, security, clusterOperations } = this.settings;
    const connection: Connection = new Connection(
      socket,
      {
        context,
        security,
        faults: this.faults,
        processor: this.processor,
        isStarting: () => this.member.state === 'starting',
        latency: () => this.latency(),
        onRequest: (code, key) => {
          this.operations.add(code, key);
          clusterOperations.add(code, key);
        },
      },
      () => {
        this.connections.delete(connection);
      },
    );
    this.connections.add(connection);
    if (this.paused) connection.pause();
  }
}
