import type { Log, LogFields } from './log.js';

/** What goes wrong again and again while a store or a network is out. */
const repeating: ReadonlySet<string> = new Set([
  'tracker busy',
  'download not counted',
  'neighbour not read',
  'strays not moved',
  'riak connection not opened',
]);

/**
 * A log in which an outage is a few lines: the first of its kind as it is, then one every `everyMs` milliseconds that says how often it
 * was repeated, and one when it was not repeated for as long.
 */
export function withoutRepeats(log: Log, everyMs = 30_000): Log {
  const outages = new Map<string, Outage>();
  /** Whether a line is one of many. */
  const isRepeated = (event: string, fields: LogFields | undefined): boolean => {
    if (!repeating.has(event)) return false;
    const outage = outages.get(event);
    if (outage === undefined) {
      const forget = (): void => void outages.delete(event);
      outages.set(event, new Outage(event, log, everyMs, forget));
      return false;
    }
    outage.repeated(fields);
    return true;
  };
  return {
    error: (event, fields) => {
      if (!isRepeated(event, fields)) log.error(event, fields);
    },
    warn: (event, fields) => {
      if (!isRepeated(event, fields)) log.warn(event, fields);
    },
    info: (event, fields) => {
      log.info(event, fields);
    },
    debug: (event, fields) => {
      log.debug(event, fields);
    },
  };
}

class Outage {
  private total = 1;
  private since = 0;
  private last: LogFields | undefined;
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly event: string,
    private readonly log: Log,
    everyMs: number,
    private readonly over: () => void,
  ) {
    // It must not keep a process from ending.
    this.timer = setInterval(() => {
      this.report();
    }, everyMs).unref();
  }

  repeated(fields: LogFields | undefined): void {
    this.since += 1;
    this.total += 1;
    this.last = fields;
  }

  private report(): void {
    const { event, total, since } = this;
    const seconds = Math.round((performance.now() - this.startedAt) / 1000);
    this.since = 0;
    if (since > 0) {
      this.log.warn(`${event}, again`, { ...this.last, times: since, total, seconds });
      return;
    }
    clearInterval(this.timer);
    this.log.info(`${event}, no more`, { total, seconds });
    this.over();
  }
}
