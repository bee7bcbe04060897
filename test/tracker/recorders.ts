import type { Front } from '../../lib/bittorrent/announce.js';
import type { Metrics, Outcome } from '../../lib/tracker/metrics.js';

/** Metrics that remember every call as a line, with a clock that a test moves. */
export class RecordingMetrics implements Metrics {
  readonly lines: string[] = [];
  milliseconds = 0;

  now(): number {
    return this.milliseconds;
  }

  announced(
    { front, event, from }: Parameters<Metrics['announced']>[0],
    outcome: Outcome,
    milliseconds: number,
  ): void {
    this.lines.push(`announce ${front} ${event} v${from.length === 4 ? 4 : 6} ${outcome} ${milliseconds} ms`);
  }

  scraped(
    { front, infohashes }: Parameters<Metrics['scraped']>[0],
    outcome: Outcome,
    milliseconds: number,
  ): void {
    this.lines.push(`scrape ${front} of ${infohashes.length} ${outcome} ${milliseconds} ms`);
  }

  refused(front: Front, rule: string): void {
    this.lines.push(`refused ${front} ${rule}`);
  }

  downloadCounted(): void {
    this.lines.push('download');
  }
}
