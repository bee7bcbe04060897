/**
 * What the process of a double can be told and asked by the process that started it. Arguments and
 * results are plain data.
 */

import type { HeldValue, RiakDouble, RiakDoubleOptions } from './double.js';
import type { FaultRule } from './faults.js';
import type { RiakDoubleNode } from './node.js';
import { seededRandom } from './random.js';

/** Options without functions, as they travel between processes. */
export type PlainOptions = Omit<RiakDoubleOptions, 'now'>;

/** Fault rules without functions. */
export type PlainFaultRule = Omit<FaultRule, 'when'>;

export interface Statistics {
  /** Message code -> requests to all nodes. */
  readonly byCode: Readonly<Record<number, number>>;
  readonly peak: { readonly siblings: number; readonly objectBytes: number };
  readonly connections: number;
}

/** Each command by its name. Nodes are numbered from 0. */
export const commands = {
  statistics: (double: RiakDouble): Statistics => ({
    byCode: double.operations.byCode(),
    peak: { ...double.peak },
    connections: double.nodes.reduce((sum, node) => sum + node.connectionCount, 0),
  }),
  requestsOfKey: (double: RiakDouble, key: string): number => double.operations.ofKey(key),
  resetCounts: (double: RiakDouble): void => {
    double.operations.reset();
  },
  held: (double: RiakDouble, type: string, bucket: string, key: string): HeldValue[] =>
    double.held(type, bucket, key),
  keys: (double: RiakDouble, type: string, bucket: string): string[] => double.keys(type, bucket),
  counter: (double: RiakDouble, type: string, bucket: string, key: string): number | undefined =>
    double.counter(type, bucket, key),
  inject: (double: RiakDouble, node: number, rule: PlainFaultRule): void => {
    nodeOf(double, node).faults.inject(rule);
  },
  clearFaults: (double: RiakDouble): void => {
    for (const node of double.nodes) node.faults.clear();
  },
  /** From now on each request takes a random time between the two, in milliseconds. */
  setLatency: (double: RiakDouble, node: number, minMs: number, maxMs: number): void => {
    const random = seededRandom(1);
    nodeOf(double, node).latency = () => minMs + random() * (maxMs - minMs);
  },
  pauseNode: (double: RiakDouble, node: number, ms: number): void => {
    nodeOf(double, node).pauseFor(ms);
  },
  stopNode: (double: RiakDouble, node: number): Promise<void> => nodeOf(double, node).stop(),
  /** @param servicesAfterMs until then it knows no request about keys */
  startNode: (double: RiakDouble, node: number, servicesAfterMs: number): Promise<void> =>
    nodeOf(double, node).start(servicesAfterMs),
  /** As with a new disk; the node must be stopped. */
  wipeNode: (double: RiakDouble, node: number): void => {
    nodeOf(double, node).wipe();
  },
  /**
   * From now on a write is at the other replicas a random time after its answer, up to these
   * milliseconds.
   */
  setReplicationLag: (double: RiakDouble, maxMs: number): void => {
    const random = seededRandom(1);
    double.cluster.replicationLag = () => random() * maxMs;
  },
} as const;

export type Commands = typeof commands;
export type CommandName = keyof Commands;
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;
export type CommandArguments<N extends CommandName> = Tail<Parameters<Commands[N]>>;
export type CommandResult<N extends CommandName> = Awaited<ReturnType<Commands[N]>>;

/** From the parent: the options first, then commands. */
export type ToDouble =
  | { readonly options: PlainOptions }
  | { readonly id: number; readonly name: CommandName; readonly args: readonly unknown[] };

/** From the double: where it listens once, then what came of each command. */
export type FromDouble =
  | { readonly ports: readonly number[] }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: string };

function nodeOf(double: RiakDouble, index: number): RiakDoubleNode {
  const node = double.nodes[index];
  if (node === undefined) throw new RangeError(`no node ${index}`);
  return node;
}
