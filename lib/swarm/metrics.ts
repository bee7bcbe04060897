/**
 * What a batch was applied to.
 * cached: the state in the shard cache. read: a state that was read for it. unread: what was at
 * hand, however old, as the write tells what is stored.
 */
export type BatchBase = 'cached' | 'read' | 'unread';

/** What the swarms count. Called once a batch: nothing here may take long, or throw. */
export interface SwarmMetrics {
  /** @param operations that a shard writer applied together */
  batchServed(operations: number, base: BatchBase): void;
}
