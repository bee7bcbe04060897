/**
 * The clients of live swarms: each announces when its interval is over, through a proxy that names
 * its address.
 */
import { addressOf, announceTarget, escapeInfohash, infohashOf } from '../load/numbered.js';
import { LiveSwarms } from '../load/live-swarms.js';
import { runOpenLoop, type OpenLoopResult } from '../load/open-loop.js';
import { work } from './work.js';

export interface LiveClientsInput {
  readonly port: number;
  readonly peers: number;
  readonly swarms: number;
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
}

export interface LiveClientsOutput {
  readonly answered: number;
  /** All that were to be sent, those before what is counted among them. */
  readonly announces: number;
  readonly failures: number;
  /** Answered per second. */
  readonly rate: number;
  /** Milliseconds from when a request was to be sent. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly longest: number;
}

export interface LiveClientsWorker {
  readonly input: LiveClientsInput;
  readonly output: LiveClientsOutput;
}

/**
 * Of every 50 announces two are of a new peer, one of a peer that leaves, one of a peer that has
 * finished; the rest are regular.
 */
const CYCLE = 50;

/**
 * Shares of the rate that come first and are not counted: a process that was started just now has
 * compiled nothing.
 */
const WARM_UP = [0.1, 0.2, 0.4, 0.7];
const WARM_UP_SECONDS = 5;

work<LiveClientsWorker>(async ({ port, peers, swarms, rate, seconds, connections }) => {
  const live = new LiveSwarms(peers, swarms);
  const escaped = new Map<number, string>();

  function targetOf(place: number): { target: string; address: string } {
    const peer = live.turns.peerAt(place);
    const swarm = live.swarmOf(peer);
    let infohash = escaped.get(swarm);
    if (infohash === undefined) {
      infohash = escapeInfohash(infohashOf(swarm));
      escaped.set(swarm, infohash);
    }
    const kind = place % CYCLE;
    if (kind < 2) {
      // In the swarm of the peer whose turn it would be: large swarms get more new peers.
      const fresh = peers + place;
      return { target: announceTarget(infohash, fresh, '&event=started'), address: addressOf(fresh) };
    }
    const target =
      kind === 2
        ? announceTarget(infohash, peer, '&event=stopped')
        : kind === 3
          ? announceTarget(infohash, peer, '&event=completed').replace(/&left=\d+/, '&left=0')
          : announceTarget(infohash, peer);
    return { target, address: addressOf(peer) };
  }

  let firstPlace = 0;
  async function announceAt(perSecond: number, forSeconds: number): Promise<OpenLoopResult> {
    const first = firstPlace;
    firstPlace += Math.round(perSecond * forSeconds);
    return runOpenLoop({
      port,
      rate: perSecond,
      seconds: forSeconds,
      connections,
      request: (place) => {
        const { target, address } = targetOf(first + place);
        return `GET ${target} HTTP/1.1\r\nHost: tracker.example\r\nX-Forwarded-For: ${address}\r\n\r\n`;
      },
      isRight: (body) => body.includes('5:peers') && !body.includes('failure reason'),
    });
  }

  for (const share of WARM_UP) await announceAt(rate * share, WARM_UP_SECONDS);
  const result = await announceAt(rate, seconds);
  const { latencies } = result;
  const quantile = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.ceil(share * latencies.length) - 1)] ?? NaN;
  return {
    answered: result.answered,
    announces: firstPlace,
    failures: result.failures,
    rate: result.answered / result.seconds,
    p50: quantile(0.5),
    p99: quantile(0.99),
    p999: quantile(0.999),
    longest: quantile(1),
  };
});
