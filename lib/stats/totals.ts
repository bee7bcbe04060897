import type { PurgeReport } from '../purge/report.js';
import type { StatsSwarm, Totals } from './stats.js';

/**
 * @param now milliseconds since the epoch
 * @param downloadsSince that were counted since the report; 0 where no one process counts all
 */
export function totalsOf(report: PurgeReport, now: number, downloadsSince: number): Totals {
  // Older versions reported no downloads.
  const downloads = report.downloads as number | undefined;
  const { finishedAt, swarms, peers, seeders, leechers, partialSeeds } = report;
  return {
    countedAt: finishedAt,
    ageSeconds: Math.max(0, Math.round((now - Date.parse(finishedAt)) / 1000)),
    torrents: swarms,
    peers,
    seeders,
    leechers: leechers + partialSeeds,
    completed: downloads === undefined ? null : downloads + downloadsSince,
  };
}

/** @param isShown whether the operator lets everybody see them */
export function largestOf(report: PurgeReport | undefined, isShown: boolean): readonly StatsSwarm[] | null {
  if (!isShown) return null;
  return (report?.largest ?? []).map(({ infohash, peers }) => ({ infohash, peers }));
}
