/**
 * What others notice of one address that sends 20,000 announces a second, over HTTP or over UDP, or
 * 50,000 wrong keys a minute: their latency beside that without the flood, in turns. The others are 64 addresses that announce
 * at a constant rate, over HTTP; a latency begins when an announce was to be sent. What is measured
 * begins some seconds after the flood, when the burst that every address may have is used up.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildFlood, runFlood, type FloodResult } from '../load/flood.js';
import { announceTarget, escapeInfohash, infohashOf } from '../load/numbered.js';
import { runOpenLoop } from '../load/open-loop.js';
import { root } from '../paths.js';
import { formatNumber } from '../report/numbers.js';
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { alternate, ratios, spreadOf } from '../spread.js';
import { cpuSecondsOf } from '../support/process-cpu.js';
import { makeScratch } from '../support/scratch.js';
import type { RunningTracker } from '../trackers/running-tracker.js';
import { startStandalone } from '../trackers/standalone.js';

const FLOOD_RATE = 20_000;
/** 50,000 a minute: fewer than ADDRESS_RATE refuses. */
const WRONG_KEYS_RATE = 50_000 / 60;
const RATE = 1000;
const CONNECTIONS = 64;
const SWARMS = 500;
const PEERS = 50_000;
const LEAD_SECONDS = 2;

type Contender = 'quiet' | 'http' | 'udp' | 'members, quiet' | 'keys';

export async function flood({ quick, rounds, atEnd, tell }: RowOptions): Promise<Measured> {
  const seconds = quick ? 4 : 10;
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  const program = buildFlood(scratch.directory);
  const started = async (name: string, settings = {}): Promise<RunningTracker> => {
    const tracker = await startStandalone(`${scratch.directory}/${name}`, { settings });
    atEnd.add(tracker.stop);
    return tracker;
  };
  const open = new Others(await started('open'), '');
  const key = addKey(`${scratch.directory}/keyed`);
  const keyed = new Others(await started('keyed', { KEYS: 'on' }), `/${key}`);
  const floods: FloodResult[] = [];
  const flooded = (others: Others, kind: 'http' | 'udp' | 'keys') => async (): Promise<number> => {
    const running = runFlood(program, {
      port: others.tracker.port,
      kind,
      rate: kind === 'keys' ? WRONG_KEYS_RATE : FLOOD_RATE,
      seconds: LEAD_SECONDS + seconds + 1,
      torrents: 1000,
    });
    await delay(LEAD_SECONDS * 1000);
    const p99 = await others.p99(kind, seconds);
    const result = await running;
    if (kind !== 'keys') floods.push(result);
    tell(`${kind}: ${JSON.stringify(result)}`);
    return p99;
  };

  tell(`${PEERS} peers announce`);
  for (const others of [open, keyed]) await others.announce(RATE * 2, PEERS / RATE / 2);
  const figures = await alternate<Contender>(
    rounds,
    {
      quiet: () => open.p99('quiet', seconds),
      http: flooded(open, 'http'),
      udp: flooded(open, 'udp'),
      'members, quiet': () => keyed.p99('quiet', seconds),
      keys: flooded(keyed, 'keys'),
    },
    tell,
  );
  const line = (kind: 'http' | 'udp' | 'keys', what: string, quiet: 'quiet' | 'members, quiet'): Line => ({
    id: `flood/${kind}`,
    what: `latency of others, 99%, while one address ${what}`,
    unit: 'ms',
    ours: spreadOf(figures[kind]),
    theirs: { name: 'without a flood', figure: spreadOf(figures[quiet]) },
    ratio: ratios(figures[kind], figures[quiet]),
    rounds,
  });
  const rateOf = (count: (result: FloodResult) => number): string =>
    formatNumber(spreadOf(floods.map((result) => count(result) / result.seconds)).max);
  return {
    lines: [
      line('http', 'floods over HTTP', 'quiet'),
      line('udp', 'floods over UDP', 'quiet'),
      line('keys', 'tries 50,000 keys a minute', 'members, quiet'),
    ],
    notes: [
      `${FLOOD_RATE.toLocaleString('en-US')} announces a second from one address, of 1,000 torrents: over HTTP on 64 kept connections, over UDP with a connect for each tenth. ${RATE.toLocaleString('en-US')} a second from ${CONNECTIONS} others over HTTP, ${seconds} s a turn, every one stored and flushed. All on one machine.`,
      `Processor time of the tracker: ${open.share('quiet')} of a core without a flood, ${open.share('http')} with that over HTTP, ${open.share('udp')} with that over UDP; with keys ${keyed.share('quiet')} and ${keyed.share('keys')}.`,
      `Of the flood at most ${rateOf(({ replies }) => replies)} announces a second were answered, ${rateOf(({ held }) => held)} were not even taken from its connections.`,
    ],
  };
}

/** Whoever announces while there is a flood or none. */
class Others {
  private readonly escaped = Array.from({ length: SWARMS }, (_, swarm) => escapeInfohash(infohashOf(swarm)));
  private readonly cost = new Map<string, number[]>();
  private place = 0;

  /** @param path before `/announce` */
  constructor(
    readonly tracker: RunningTracker,
    private readonly path: string,
  ) {}

  /** @returns milliseconds, ascending. @throws Error if one fails */
  async announce(rate: number, seconds: number): Promise<Float64Array> {
    const { latencies, failures } = await runOpenLoop({
      port: this.tracker.port,
      rate,
      seconds,
      connections: CONNECTIONS,
      localAddress: (connection) => `127.1.0.${1 + (connection % CONNECTIONS)}`,
      request: () => this.next(),
      isRight: (body) => body.includes('5:peers') && !body.includes('failure reason'),
    });
    if (failures > 0) throw new Error(`${failures} announces of others failed`);
    return latencies;
  }

  async p99(name: string, seconds: number): Promise<number> {
    const cpu = cpuSecondsOf(this.tracker.pid);
    const latencies = await this.announce(RATE, seconds);
    const share = (cpuSecondsOf(this.tracker.pid) - cpu) / seconds;
    this.cost.set(name, [...(this.cost.get(name) ?? []), share]);
    return latencies[Math.ceil(0.99 * latencies.length) - 1] ?? NaN;
  }

  /** Of a core, in words. */
  share(name: string): string {
    return `${Math.round(spreadOf(this.cost.get(name) ?? []).median * 100)} %`;
  }

  private next(): string {
    const peer = this.place++ % PEERS;
    const target = announceTarget(this.escaped[peer % SWARMS] ?? '', peer);
    return `GET ${this.path}${target} HTTP/1.1\r\nHost: tracker.example\r\n\r\n`;
  }
}

/** Adds a key to the store of a tracker that does not run. @returns the key */
function addKey(dataDirectory: string): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'bin/tracker.mjs'), 'key', 'add'],
    {
      env: { PATH: process.env['PATH'], DATA_DIR: dataDirectory },
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}
