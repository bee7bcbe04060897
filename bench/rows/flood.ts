/**
 * What others notice of one address that sends 20,000 announces a second, over HTTP or over UDP:
 * their latency beside that without the flood, in turns. The others are 64 addresses that announce
 * at a constant rate, over HTTP; a latency begins when an announce was to be sent. What is measured
 * begins some seconds after the flood, when the burst that every address may have is used up.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { buildFlood, runFlood, type FloodResult } from '../load/flood.js';
import { announceTarget, escapeInfohash, infohashOf } from '../load/numbered.js';
import { runOpenLoop } from '../load/open-loop.js';
import { formatNumber } from '../report/numbers.js';
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { alternate, ratios, spreadOf } from '../spread.js';
import { cpuSecondsOf } from '../support/process-cpu.js';
import { makeScratch } from '../support/scratch.js';
import { startStandalone } from '../trackers/standalone.js';

const FLOOD_RATE = 20_000;
const RATE = 1000;
const CONNECTIONS = 64;
const SWARMS = 500;
const PEERS = 50_000;
const LEAD_SECONDS = 2;

type Contender = 'quiet' | 'http' | 'udp';

export async function flood({ quick, rounds, atEnd, tell }: RowOptions): Promise<Measured> {
  const seconds = quick ? 4 : 10;
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  const program = buildFlood(scratch.directory);
  const tracker = await startStandalone(`${scratch.directory}/data`);
  atEnd.add(tracker.stop);
  const { port } = tracker;
  const escaped = Array.from({ length: SWARMS }, (_, swarm) => escapeInfohash(infohashOf(swarm)));
  let place = 0;
  const next = (): string => {
    const peer = place++ % PEERS;
    return `GET ${announceTarget(escaped[peer % SWARMS] ?? '', peer)} HTTP/1.1\r\nHost: tracker.example\r\n\r\n`;
  };
  const others = async (rate: number, forSeconds: number): Promise<Float64Array> => {
    const { latencies, failures } = await runOpenLoop({
      port,
      rate,
      seconds: forSeconds,
      connections: CONNECTIONS,
      localAddress: (connection) => `127.1.0.${1 + (connection % CONNECTIONS)}`,
      request: next,
      isRight: (body) => body.includes('5:peers') && !body.includes('failure reason'),
    });
    if (failures > 0) throw new Error(`${failures} announces of others failed`);
    return latencies;
  };
  const cost: Record<Contender, number[]> = { quiet: [], http: [], udp: [] };
  const floods: FloodResult[] = [];
  const measured = async (name: Contender): Promise<number> => {
    const cpu = cpuSecondsOf(tracker.pid);
    const latencies = await others(RATE, seconds);
    cost[name].push((cpuSecondsOf(tracker.pid) - cpu) / seconds);
    return quantile(latencies, 0.99);
  };
  const flooded = (protocol: 'http' | 'udp') => async (): Promise<number> => {
    const running = runFlood(program, {
      port,
      protocol,
      rate: FLOOD_RATE,
      seconds: LEAD_SECONDS + seconds + 1,
      torrents: 1000,
    });
    await delay(LEAD_SECONDS * 1000);
    const p99 = await measured(protocol);
    const result = await running;
    floods.push(result);
    tell(`${protocol}: ${JSON.stringify(result)}`);
    return p99;
  };

  tell(`${PEERS} peers announce`);
  await others(RATE * 2, PEERS / RATE / 2);
  const figures = await alternate<Contender>(
    rounds,
    { quiet: () => measured('quiet'), http: flooded('http'), udp: flooded('udp') },
    tell,
  );
  const line = (protocol: 'http' | 'udp'): Line => ({
    id: `flood/${protocol}`,
    what: `latency of others, 99%, while one address floods over ${protocol.toUpperCase()}`,
    unit: 'ms',
    ours: spreadOf(figures[protocol]),
    theirs: { name: 'without a flood', figure: spreadOf(figures.quiet) },
    ratio: ratios(figures[protocol], figures.quiet),
    rounds,
  });
  const share = (name: Contender): string => `${Math.round(spreadOf(cost[name]).median * 100)} %`;
  const rateOf = (count: (result: FloodResult) => number): string =>
    formatNumber(spreadOf(floods.map((result) => count(result) / result.seconds)).max);
  return {
    lines: [line('http'), line('udp')],
    notes: [
      `${FLOOD_RATE.toLocaleString('en-US')} announces a second from one address, of 1,000 torrents: over HTTP on 64 kept connections, over UDP with a connect for each tenth. ${RATE.toLocaleString('en-US')} a second from ${CONNECTIONS} others over HTTP, ${seconds} s a turn, every one stored and flushed. All on one machine.`,
      `Processor time of the tracker: ${share('quiet')} of a core without a flood, ${share('http')} with that over HTTP, ${share('udp')} with that over UDP.`,
      `Of the flood at most ${rateOf(({ replies }) => replies)} announces a second were answered, ${rateOf(({ held }) => held)} were not even taken from its connections.`,
    ],
  };
}

function quantile(latencies: Float64Array, share: number): number {
  return latencies[Math.min(latencies.length - 1, Math.ceil(share * latencies.length) - 1)] ?? NaN;
}
