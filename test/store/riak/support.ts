import { systemClock } from '../../../lib/environment.js';
import type { Log, LogFields } from '../../../lib/log.js';
import type { RiakNodeAddress, RiakStoreOptions } from '../../../lib/store/riak/options.js';

export interface LogLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly event: string;
  readonly fields: LogFields | undefined;
}

/** A log that keeps its lines. */
export class LogLines implements Log {
  readonly lines: LogLine[] = [];

  error(event: string, fields?: LogFields): void {
    this.lines.push({ level: 'error', event, fields });
  }

  warn(event: string, fields?: LogFields): void {
    this.lines.push({ level: 'warn', event, fields });
  }

  info(event: string, fields?: LogFields): void {
    this.lines.push({ level: 'info', event, fields });
  }

  debug(event: string, fields?: LogFields): void {
    this.lines.push({ level: 'debug', event, fields });
  }
}

/** Options for nodes of a test, with the double's bucket types and short times. */
export function optionsFor(
  nodes: readonly { readonly host: string; readonly port: number }[],
  changes: Partial<RiakStoreOptions> = {},
): RiakStoreOptions {
  return {
    nodes: nodes.map(({ host, port }): RiakNodeAddress => ({ host, port })),
    swarmBucketType: 'siblings',
    swarmBucket: 'tracker',
    countBucketType: 'counters',
    countBucket: 'tracker',
    callTimeoutMs: 500,
    connectTimeoutMs: 200,
    replicaTimeoutMs: 125,
    keysTimeoutMs: 2000,
    maxConnections: 8,
    queueDepth: 1000,
    idleTimeoutMs: 10_000,
    log: new LogLines(),
    clock: systemClock,
    random: () => 0,
    ...changes,
  };
}
