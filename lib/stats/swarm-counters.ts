import type { BatchBase, SwarmMetrics } from '../swarm/metrics.js';
import { Histogram } from './histogram.js';
import type { MetricFamily } from './metric-family.js';

/** Upper bounds for the operations that go into one write. */
const OPERATIONS_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** How the swarms' work on shards is grouped, and how often the cache spares a read. */
export class SwarmCounters implements SwarmMetrics {
  private readonly batches: Record<BatchBase, number> = { cached: 0, read: 0, unread: 0 };
  private readonly operations = new Histogram(OPERATIONS_BOUNDS);

  batchServed(operations: number, base: BatchBase): void {
    this.batches[base]++;
    this.operations.observe(operations);
  }

  families(): MetricFamily[] {
    return [
      {
        type: 'counter',
        name: 'bittorrent_tracker_shard_batches',
        help: 'Batches of operations on one shard, by what they were applied to: cached is a hit.',
        samples: Object.entries(this.batches).map(([base, value]) => ({ labels: { base }, value })),
      },
      {
        type: 'histogram',
        name: 'bittorrent_tracker_shard_batch_operations',
        help: 'Operations that went into one batch: more than one share a write.',
        histograms: [{ labels: {}, histogram: this.operations }],
      },
    ];
  }
}
