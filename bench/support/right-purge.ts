import type { PurgeReport } from '../../lib/purge/report.js';

/**
 * Holds the report of a whole purge against what was stored: a purge that passes over swarms is
 * fast, but wrong.
 * @param expired whether all of it had expired; otherwise nothing had
 * @throws Error if the purge did not see every peer and swarm, or did not drop what it should
 */
export function requireRightPurge(
  report: PurgeReport | undefined,
  stored: { readonly peers: number; readonly swarms: number },
  expired: boolean,
): void {
  const left = expired ? { peers: 0, swarms: 0 } : stored;
  if (
    report?.peers !== left.peers ||
    report.swarms !== left.swarms ||
    report.recordsDropped !== stored.peers - left.peers ||
    report.failures > 0
  ) {
    throw new Error(`a wrong purge: ${JSON.stringify(report)}`);
  }
}
