import type { PurgeReport } from '../purge/report.js';
import { single, type MetricFamily } from './metric-family.js';

/** What the last purge has found, with when that was. Nothing before the first one. */
export function reportFamilies(report: PurgeReport | undefined): MetricFamily[] {
  if (report === undefined) return [];
  const { swarms, seeders, leechers, partialSeeds, recordsDropped, failures, seconds } = report;
  const states = { seeder: seeders, leecher: leechers, 'partial-seed': partialSeeds };
  // Older versions reported no downloads.
  const downloads = report.downloads as number | undefined;
  return [
    single('gauge', 'bittorrent_tracker_swarms', 'Swarms with live peers, at the last purge.', swarms),
    {
      type: 'gauge',
      name: 'bittorrent_tracker_peers',
      help: 'Live peers by state, at the last purge.',
      samples: Object.entries(states).map(([state, value]) => ({ labels: { state }, value })),
    },
    ...(downloads === undefined
      ? []
      : [
          single(
            'gauge',
            'bittorrent_tracker_completed_downloads',
            'Completed downloads of the swarms that are stored, at the last purge.',
            downloads,
          ),
        ]),
    {
      ...single(
        'gauge',
        'bittorrent_tracker_purge_finished_timestamp_seconds',
        'When the last purge ended, since the epoch.',
        Date.parse(report.finishedAt) / 1000,
      ),
      unit: 'seconds',
    },
    {
      ...single(
        'gauge',
        'bittorrent_tracker_purge_duration_seconds',
        'How long the slices of the last purge took together.',
        seconds,
      ),
      unit: 'seconds',
    },
    single(
      'gauge',
      'bittorrent_tracker_purge_dropped_peers',
      'Expired peers that the last purge dropped.',
      recordsDropped,
    ),
    single(
      'gauge',
      'bittorrent_tracker_purge_failed_swarms',
      'Swarms that the last purge could not clean.',
      failures,
    ),
  ];
}
