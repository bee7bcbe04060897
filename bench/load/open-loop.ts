/**
 * Requests at a constant rate, whatever the server does: an open loop. A request's time begins when
 * it was to be sent, not when a connection was free for it, so that a server that stalls is charged
 * for everybody who had to wait (no "coordinated omission").
 */
import { connect, type Socket } from 'node:net';
import { ReplyReader } from './reply-reader.js';

export interface OpenLoopOptions {
  readonly port: number;
  /** Requests per second. */
  readonly rate: number;
  readonly seconds: number;
  /** Kept connections; each has one request at a time. */
  readonly connections: number;
  /** Whom the server sees at a connection; 127.0.0.1 without it. */
  readonly localAddress?: (connection: number) => string;
  /** The request, head and all, at a place in the order. */
  readonly request: (place: number) => string;
  /** Whether a reply's body is what it should be. */
  readonly isRight: (body: Buffer) => boolean;
}

export interface OpenLoopResult {
  readonly sent: number;
  readonly answered: number;
  /** Wrong replies, broken connections, and requests without an answer at the end. */
  readonly failures: number;
  /** From the first time that a request was to be sent to the last answer. */
  readonly seconds: number;
  /** Milliseconds of the answered ones, ascending. */
  readonly latencies: Float64Array;
}

/** How long the last answers are waited for. */
const PATIENCE_MS = 10_000;
/** Wrong replies that are shown. */
const MOST_COMPLAINTS = 5;

/** @throws Error if the server accepts no connection, from the beginning or any more */
export async function runOpenLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const loop = new OpenLoop(options);
  await loop.connect();
  return loop.run();
}

class OpenLoop {
  private readonly total: number;
  private readonly latencies: Float64Array;
  private readonly idle: Connection[] = [];
  /** Places whose time has come, but for which no connection was free: from `started` up to `due`. */
  private started = 0;
  private due = 0;
  private answered = 0;
  private failures = 0;
  private startMs = 0;
  private lastAnswerMs = 0;
  private readonly connections: Connection[] = [];
  private finish: () => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;
  private isOver = false;
  private complaints = 0;
  private opened = 0;

  constructor(private readonly options: OpenLoopOptions) {
    this.total = Math.round(options.rate * options.seconds);
    this.latencies = new Float64Array(this.total);
  }

  async connect(): Promise<void> {
    await Promise.all(Array.from({ length: this.options.connections }, () => this.open()));
  }

  async run(): Promise<OpenLoopResult> {
    const finished = new Promise<void>((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    this.startMs = performance.now();
    this.tick();
    try {
      await finished;
    } finally {
      this.isOver = true;
      for (const { socket } of this.connections) socket.destroy();
    }
    return {
      sent: this.started,
      answered: this.answered,
      failures: this.total - this.answered,
      seconds: (this.lastAnswerMs - this.startMs) / 1000,
      latencies: this.latencies.subarray(0, this.answered).sort(),
    };
  }

  /**
   * Every millisecond: what is due by now is sent. A tick that comes late sends more, and its
   * lateness is in the latencies.
   */
  private tick(): void {
    if (this.isOver) return;
    const elapsed = performance.now() - this.startMs;
    this.due = Math.min(this.total, Math.floor((elapsed * this.options.rate) / 1000) + 1);
    this.sendDue();
    if (this.answered + this.failures === this.total || elapsed > this.options.seconds * 1000 + PATIENCE_MS) {
      this.finish();
    } else {
      setTimeout(() => {
        this.tick();
      }, 1);
    }
  }

  private sendDue(): void {
    while (this.started < this.due) {
      const connection = this.idle.pop();
      if (connection === undefined) return;
      connection.place = this.started++;
      connection.socket.write(this.options.request(connection.place), 'latin1');
    }
  }

  private async open(): Promise<void> {
    const { port } = this.options;
    const localAddress = this.options.localAddress?.(this.opened++) ?? '127.0.0.1';
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
      const connection: Connection = { socket, reader: new ReplyReader(), place: undefined };
      socket.once('connect', () => {
        this.connections.push(connection);
        socket.off('error', reject);
        // Whatever it is, it closes the connection.
        socket.on('error', () => undefined);
        socket.once('close', () => {
          this.lose(connection);
        });
        this.idle.push(connection);
        this.sendDue();
        socket.on('data', (chunk: Buffer) => {
          this.receive(connection, chunk);
        });
        resolve();
      });
      socket.once('error', reject);
    });
  }

  private receive(connection: Connection, chunk: Buffer): void {
    if (connection.place === undefined) {
      // A server that nobody has asked says so, and closes: of many connections at a low rate some
      // are not used for long.
      connection.socket.destroy();
      return;
    }
    try {
      const body = connection.reader.take(chunk);
      if (body === undefined) return;
      if (!this.options.isRight(body)) {
        throw new Error(`a wrong reply: ${body.toString('latin1')}`);
      }
      this.lastAnswerMs = performance.now();
      const dueMs = this.startMs + (connection.place * 1000) / this.options.rate;
      this.latencies[this.answered++] = this.lastAnswerMs - dueMs;
      connection.place = undefined;
      this.idle.push(connection);
      this.sendDue();
    } catch (error) {
      // They are all counted; the first ones say why.
      if (this.complaints++ < MOST_COMPLAINTS) console.error(error instanceof Error ? error.message : error);
      connection.socket.destroy();
    }
  }

  /** A connection that ended took its request with it; another takes its place. */
  private lose(connection: Connection): void {
    if (connection.place !== undefined) this.failures++;
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
    if (this.startMs > 0 && !this.isOver) {
      this.open().catch(this.fail);
    }
  }
}

interface Connection {
  readonly socket: Socket;
  readonly reader: ReplyReader;
  /** Of the request that is under way. */
  place: number | undefined;
}
