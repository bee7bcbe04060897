/** Loads a server with the stream of announces. */
import { parseWrkOutput, perSecond, refuseErrors, type WrkResult } from './wrk-output.js';
import { MOST_SECONDS, runWrk, type WrkOptions } from './run-wrk.js';
import { PEERS, type Workload } from './workload.js';

export interface Target {
  readonly name: string;
  /** Of the server's process. */
  readonly pid: number;
  readonly port: number;
  /** It ends each connection after its reply, without a header that says so. */
  readonly closesUnasked?: boolean;
}

export interface LoadOptions extends WrkOptions {
  readonly connection: 'keep-alive' | 'close';
}

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

  private run({ connection, ...options }: LoadOptions, announces: number): Promise<string> {
    return runWrk('announce.lua', this.target, options, (host) => [
      ...[this.workload.headsFile, host, String(this.place), connection],
      ...[String(announces), String(options.threads ?? 1)],
    ]);
  }
}
