/** Runs wrk with the stream of announces. */
import { fileURLToPath } from 'node:url';
import { startProgram } from '../../test/support/running-program.js';
import { parseWrkOutput, perSecond, refuseErrors, type WrkResult } from './wrk-output.js';
import { PEERS, type Workload } from './workload.js';

export interface Target {
  readonly name: string;
  /** Of the server's process. */
  readonly pid: number;
  readonly port: number;
  /** It ends each connection after its reply, without a header that says so. */
  readonly closesUnasked?: boolean;
}

export interface LoadOptions {
  readonly seconds: number;
  readonly connections: number;
  readonly threads?: number;
  readonly connection: 'keep-alive' | 'close';
}

const script = fileURLToPath(new URL('announce.lua', import.meta.url));

/** Seconds that a fill may take. */
const MOST_SECONDS = 600;

/** One target's place in the stream: each of its runs goes on where the one before ended. */
export class AnnounceLoad {
  private place = 0;

  constructor(
    private readonly workload: Workload,
    readonly target: Target,
  ) {}

  /**
   * The first announces of the stream, with every reply looked at.
   * @throws Error at the first wrong reply
   */
  async fill(announces: number): Promise<void> {
    await this.run({ seconds: MOST_SECONDS, connections: 64, connection: 'keep-alive' }, announces);
    this.place += announces;
  }

  /**
   * Announces for some seconds.
   * @throws Error if an announce was not answered, or with another status than 200
   */
  async load(options: LoadOptions): Promise<WrkResult> {
    const result = parseWrkOutput(await this.run(options, 0));
    refuseErrors(this.target.name, result, this.target);
    this.place += result.requests;
    return result;
  }

  /** Announces per second. */
  async rate(options: LoadOptions): Promise<number> {
    return perSecond(await this.load(options));
  }

  /** False when peers have come round again. */
  get isFirstRound(): boolean {
    return this.place <= PEERS;
  }

  private async run(options: LoadOptions, announces: number): Promise<string> {
    const { seconds, connections, threads = 1, connection } = options;
    const host = `127.0.0.1:${this.target.port}`;
    const wrk = await startProgram('wrk', [
      ...['-t', String(threads), '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s'],
      ...['-s', script, `http://${host}/`, '--'],
      ...[this.workload.headsFile, host, String(this.place), connection, String(announces)],
    ]);
    const { status } = await wrk.ended;
    if (status !== 0) throw new Error(`${this.target.name}: ${wrk.describe()}`);
    return wrk.stdout;
  }
}
