/** Runs of a web action by wrk. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Runtime } from '../trackers/runtime.js';
import { infohashOf } from './numbered.js';
import { MOST_SECONDS, runWrk } from './run-wrk.js';
import { parseWrkOutput, perSecond, refuseErrors } from './wrk-output.js';

export interface RunsOptions {
  readonly swarms: number;
  readonly swarmSize: number;
  /** Parameters that are bound to the action. */
  readonly bound: Readonly<Record<string, string>>;
}

/**
 * Announces of the same peers over and over, each of which changes its peer; so many at once as wrk
 * has connections.
 */
export class RunLoad {
  private place = 0;
  private readonly infohashFile: string;
  private readonly boundFile: string;

  /** @param directory for its files */
  constructor(
    directory: string,
    readonly runtime: Runtime,
    private readonly options: RunsOptions,
  ) {
    this.infohashFile = join(directory, `${runtime.name}-infohashes`);
    this.boundFile = join(directory, `${runtime.name}-bound`);
    writeFileSync(
      this.infohashFile,
      Array.from({ length: options.swarms }, (_, swarm) => `${everyByteEscaped(infohashOf(swarm))}\n`).join(
        '',
      ),
    );
    // An action without parameters gets one too, so that all bodies are about as long.
    writeFileSync(this.boundFile, JSON.stringify({ LOG_LEVEL: 'error', ...options.bound }).slice(1, -1));
  }

  /** Every peer announces once, and every result is looked at. */
  async fill(): Promise<void> {
    const runs = this.options.swarms * this.options.swarmSize;
    await this.run(MOST_SECONDS, runs);
    this.place += runs;
  }

  /** Runs per second. */
  async rate(seconds: number): Promise<number> {
    const result = parseWrkOutput(await this.run(seconds, 0));
    refuseErrors(this.runtime.name, result);
    this.place += result.requests;
    return perSecond(result);
  }

  /** The reply of one announce. */
  async sample(): Promise<Buffer> {
    const infohash = everyByteEscaped(infohashOf(0));
    const uri = `/announce?info_hash=${infohash}&peer_id=-TR4050-000000000000&port=10000&uploaded=0&downloaded=0&left=1&compact=1`;
    const value = {
      __ow_method: 'get',
      __ow_query: '',
      __ow_headers: { 'x-real-ip': '192.0.2.100', 'x-original-uri': uri },
      __ow_path: '',
      LOG_LEVEL: 'error',
      ...this.options.bound,
    };
    const { body } = JSON.parse(await this.runtime.post('/run', { value })) as { body: string };
    return Buffer.from(body, 'base64');
  }

  private run(seconds: number, runs: number): Promise<string> {
    return runWrk('run.lua', this.runtime, { seconds, connections: 64 }, (host) => [
      ...[this.infohashFile, host, this.boundFile, String(this.options.swarmSize)],
      ...[String(this.place), String(runs)],
    ]);
  }
}

/** So that all infohashes are as long. */
function everyByteEscaped(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').replace(/../g, '%$&');
}
