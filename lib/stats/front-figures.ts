import { single, type MetricFamily } from './metric-family.js';

/** What the UDP side of a process did since it started. */
export interface UdpFigures {
  /** Datagrams that came in. */
  readonly received: number;
  readonly connects: number;
  /** Requests whose connection id was made up, is of another address, or too old. */
  readonly wrongIds: number;
  /** Datagrams that are no request of BEP 15. */
  readonly malformed: number;
  /** Requests of addresses that were faster than ADDRESS_RATE. */
  readonly tooFast: number;
  /** Requests that came while UDP_MAX_OPEN others were open. */
  readonly tooMany: number;
  /** Requests that are not answered yet. */
  readonly openRequests: number;
  readonly sockets: number;
  /** Answers that could not be sent. */
  readonly unsent: number;
  /**
   * Datagrams that came while a receive buffer was full, as of the last look; undefined if the
   * system does not tell.
   */
  readonly overflowed: number | undefined;
}

/** What a front did with the runs of OpenWhisk since it started. */
export interface BatchFigures {
  readonly runs: number;
  readonly failedRuns: number;
  /** Requests that went into runs. */
  readonly batched: number;
  /** Requests that found the queue full. */
  readonly tooMany: number;
  /** Runs that are under way. */
  readonly openRuns: number;
  /** Requests that wait for a run. */
  readonly waiting: number;
}

export function udpFamilies(figures: UdpFigures | undefined): MetricFamily[] {
  if (figures === undefined) return [];
  const { received, connects, wrongIds, malformed, tooFast, tooMany, overflowed } = figures;
  const rejections = {
    wrong_id: wrongIds,
    malformed,
    too_fast: tooFast,
    too_many: tooMany,
  };
  return [
    single('counter', 'bittorrent_tracker_udp_datagrams', 'Datagrams that were received.', received),
    single('counter', 'bittorrent_tracker_udp_connects', 'Connects that were answered.', connects),
    {
      type: 'counter',
      name: 'bittorrent_tracker_udp_rejections',
      help: 'Datagrams that the tracker was not asked for, by reason.',
      samples: Object.entries(rejections).map(([reason, value]) => ({ labels: { reason }, value })),
    },
    single(
      'counter',
      'bittorrent_tracker_udp_unsent_replies',
      'Replies that could not be sent.',
      figures.unsent,
    ),
    ...(overflowed === undefined
      ? []
      : [
          single(
            'counter',
            'bittorrent_tracker_udp_receive_drops',
            'Datagrams that were lost as a receive buffer was full, as of the last look.',
            overflowed,
          ),
        ]),
    single(
      'gauge',
      'bittorrent_tracker_udp_open_requests',
      'Announces and scrapes over UDP that are not answered yet.',
      figures.openRequests,
    ),
    single('gauge', 'bittorrent_tracker_udp_sockets', 'Addresses that UDP is answered on.', figures.sockets),
  ];
}

export function batchFamilies(figures: BatchFigures | undefined): MetricFamily[] {
  if (figures === undefined) return [];
  const { runs, failedRuns, batched, tooMany, openRuns, waiting } = figures;
  return [
    {
      type: 'counter',
      name: 'bittorrent_tracker_front_runs',
      help: 'Runs of the announce action that ended, by outcome.',
      samples: Object.entries({ answered: runs - failedRuns - openRuns, failed: failedRuns }).map(
        ([outcome, value]) => ({ labels: { outcome }, value }),
      ),
    },
    single(
      'counter',
      'bittorrent_tracker_front_batched_requests',
      'Announces and scrapes that went into runs.',
      batched,
    ),
    single(
      'counter',
      'bittorrent_tracker_front_turned_away_requests',
      'Announces and scrapes that found the queue full.',
      tooMany,
    ),
    single('gauge', 'bittorrent_tracker_front_open_runs', 'Runs that are under way.', openRuns),
    single(
      'gauge',
      'bittorrent_tracker_front_waiting_requests',
      'Announces and scrapes that wait for a run.',
      waiting,
    ),
  ];
}
