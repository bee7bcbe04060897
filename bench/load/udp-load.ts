/**
 * Announces over UDP, made by udp-load.c: a program in JavaScript would need more time for them
 * than the servers.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startProgram } from '../../test/support/running-program.js';
import { benchDirectory } from '../paths.js';
import type { Target } from './announce-load.js';

export interface UdpResult {
  /** Announces that were answered. */
  readonly done: number;
  /** Not within two seconds. */
  readonly lost: number;
  readonly seconds: number;
  /** In all replies. */
  readonly peers: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface UdpLoadOptions {
  readonly seconds: number;
  /** Announces that are open at a time. */
  readonly window: number;
}

/** Builds the load generator into a directory. @throws Error with the words of the compiler */
export function buildUdpLoad(directory: string): string {
  const program = join(directory, 'udp-load');
  const source = join(benchDirectory, 'load/udp-load.c');
  const { status, stderr, error } = spawnSync('cc', ['-O2', '-o', program, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cc failed: ${error?.message ?? stderr}`);
  return program;
}

/**
 * One target's place in the stream of announces: each of its runs goes on where the one before
 * ended.
 */
export class UdpLoad {
  private place = 0;

  constructor(
    private readonly program: string,
    private readonly infohashFile: string,
    readonly target: Target,
  ) {}

  /**
   * The first announces of the stream. @throws Error if more than one in a thousand is not answered
   */
  async fill(announces: number): Promise<void> {
    const { done } = await this.run({ seconds: 120, window: 128 }, announces);
    if (done < announces * 0.999) throw new Error(`${this.target.name}: ${done} of ${announces} answered`);
  }

  /** @throws Error if a reply was none, or more than one in a thousand was lost */
  async load(options: UdpLoadOptions): Promise<UdpResult> {
    const result = await this.run(options, 0);
    if (result.done === 0 || result.lost > result.done / 1000) {
      throw new Error(`${this.target.name}: ${result.lost} lost, ${result.done} answered`);
    }
    return result;
  }

  private async run({ seconds, window }: UdpLoadOptions, announces: number): Promise<UdpResult> {
    const { program, infohashFile, place, target } = this;
    const running = await startProgram(program, [
      ...[String(target.port), infohashFile, String(place)],
      ...[String(seconds), String(announces), String(window)],
    ]);
    const { status } = await running.ended;
    if (status !== 0) throw new Error(`${target.name}: ${running.describe()}`);
    const result = JSON.parse(running.stdout) as UdpResult;
    this.place += result.done + result.lost;
    return result;
  }
}
