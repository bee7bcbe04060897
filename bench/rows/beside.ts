/**
 * How long announces take beside what other clients do at the same time: 1,000 requests a second of
 * the page, its JSON and the metrics; four connections that pipeline scrapes of 100 torrents and
 * read every reply. Announces come at a constant rate, each peer from an address of its own, and a
 * latency begins when an announce was to be sent. In turns with announces that have the tracker to
 * themselves. The tracker has a core for itself, so that what the others' own work takes from the
 * machine is not counted as the tracker's.
 */
import { addressOf, announceTarget, escapeInfohash, infohashOf } from '../load/numbered.js';
import { runOpenLoop } from '../load/open-loop.js';
import type { Line, Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { alternate, ratios, spreadOf } from '../spread.js';
import { leaveFirstCore, useFirstCore } from '../support/affinity.js';
import { makeScratch } from '../support/scratch.js';
import { runWorker } from '../support/worker.js';
import { startStandalone } from '../trackers/standalone.js';
import type { OtherClients, OtherClientsWorker } from '../workers/other-clients.js';

const RATE = 1000;
const CONNECTIONS = 64;
const SWARMS = 1000;
/** A proxy on this machine names each peer's address; whoever comes without one has 127.0.0.1. */
const SETTINGS = { TRUSTED_PROXIES: '127.0.0.0/8,::1', METRICS_TOKEN: 'a-token-of-the-row' };
/** The others begin so long before, and end so long after what is counted. */
const LEAD_SECONDS = 3;

const KINDS: Readonly<Record<OtherClients, string>> = {
  pages: '1,000 requests a second of /, /stats.json and /metrics',
  pipelining: 'four connections that pipeline scrapes of 100 torrents',
};

export async function beside({ quick, rounds, atEnd, tell }: RowOptions): Promise<Measured> {
  const seconds = quick ? 3 : 20;
  const scratch = makeScratch();
  atEnd.add(scratch.remove);
  atEnd.add(leaveFirstCore());
  const server = await startStandalone(`${scratch.directory}/data`, { settings: SETTINGS });
  atEnd.add(server.stop);
  useFirstCore(server.pid);
  const { port } = server;
  const escaped = Array.from({ length: SWARMS }, (_, swarm) => escapeInfohash(infohashOf(swarm)));

  let firstPeer = 0;
  async function p99(forSeconds: number): Promise<number> {
    const first = firstPeer;
    firstPeer += RATE * forSeconds;
    const { latencies, failures } = await runOpenLoop({
      port,
      rate: RATE,
      seconds: forSeconds,
      connections: CONNECTIONS,
      request: (place) => {
        const peer = first + place;
        const target = announceTarget(escaped[peer % SWARMS] ?? '', peer);
        return `GET ${target} HTTP/1.1\r\nHost: tracker.example\r\nX-Forwarded-For: ${addressOf(peer)}\r\n\r\n`;
      },
      isRight: (body) => body.includes('5:peers') && !body.includes('failure reason'),
    });
    if (failures > 0) throw new Error(`${failures} announces failed`);
    return latencies[Math.ceil(0.99 * latencies.length) - 1] ?? NaN;
  }

  const replies = new Map<OtherClients, number>();
  const besides = (kind: OtherClients) => async (): Promise<number> => {
    const others = runWorker<OtherClientsWorker>('other-clients', {
      kind,
      port,
      seconds: seconds + 2 * LEAD_SECONDS,
      token: SETTINGS.METRICS_TOKEN,
    });
    // It rejects while nobody looks, too.
    others.catch(() => undefined);
    await p99(LEAD_SECONDS);
    const figure = await p99(seconds);
    const endedMs = Date.now();
    const done = await others;
    if (done.endedMs < endedMs) throw new Error(`the other clients (${kind}) ended too early`);
    replies.set(kind, (replies.get(kind) ?? 0) + done.replies);
    return figure;
  };

  tell('announces until all is compiled');
  await p99(quick ? 5 : 30);
  const figures = await alternate(
    rounds,
    {
      alone: () => p99(seconds),
      pages: besides('pages'),
      pipelining: besides('pipelining'),
    },
    tell,
  );
  const kinds = Object.keys(KINDS) as OtherClients[];
  return {
    lines: kinds.map((kind): Line => ({
      id: `beside/${kind}`,
      what: `p99 of announces beside ${KINDS[kind]}`,
      unit: 'ms',
      ours: spreadOf(figures[kind]),
      theirs: { name: 'alone', figure: spreadOf(figures.alone) },
      ratio: ratios(figures[kind], figures.alone),
      rounds,
    })),
    notes: [
      `${RATE} announces a second over ${CONNECTIONS} kept connections, ${seconds} s a turn, ${SWARMS} swarms; each stored and flushed before it is answered. The server has a core for itself, announces and others share the other one.`,
      `Answered to others, in all rounds: ${kinds.map((kind) => `${(replies.get(kind) ?? 0).toLocaleString('en-US')} (${kind})`).join(', ')}.`,
    ],
  };
}
