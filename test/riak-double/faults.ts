/** What may go wrong between a client and a node, request by request. */

import type { Request } from './dispatch.js';

export type Fault =
  /** Nothing is done; the answer is an RpbErrorResp. */
  | { readonly kind: 'error'; readonly message: string; readonly errorCode?: number }
  /** Nothing is done; the connection is cut. */
  | { readonly kind: 'cut' }
  /** Nothing is done and nothing is answered, now or later, on this connection. */
  | { readonly kind: 'no-answer' }
  /**
   * The request takes effect, and the answer never comes: the connection is cut, or stays open and
   * silent.
   */
  | { readonly kind: 'answer-lost'; readonly by: 'cut' | 'silence' }
  /** The request takes effect; half of the answer's bytes come, then the connection is cut. */
  | { readonly kind: 'cut-mid-frame' }
  /**
   * The request takes effect; what comes back is nonsense: a frame of the right code whose body is
   * no protobuf message (`body`), a code that does not exist (`code`), or a length of 4 GB that
   * nothing follows (`length`).
   */
  | { readonly kind: 'garbage'; readonly in: 'body' | 'code' | 'length' }
  /**
   * A read of an object is answered by a replica that has missed the last write: with what was
   * there before, or nothing. Real clusters do so with r=1, or while a node comes back. Other
   * requests are unharmed.
   */
  | { readonly kind: 'stale-read' }
  /** All is well, only later. The effect comes in the middle of the delay. */
  | { readonly kind: 'delay'; readonly ms: number };

/**
 * Which requests meet a fault. What is left out matches every request. Without `when` a rule is
 * plain data and can be sent to a process.
 */
export interface FaultRule {
  readonly fault: Fault;
  /** Message codes of requests. */
  readonly codes?: readonly number[];
  readonly keyPrefix?: string;
  readonly when?: (request: Request) => boolean;
  /** How many matching requests go unharmed first. */
  readonly skip?: number;
  /** How many meet the fault after that, until the rule is spent. */
  readonly times?: number;
  /** From 0 to 1: how likely a matching request meets the fault. */
  readonly probability?: number;
}

interface ActiveRule {
  readonly rule: FaultRule;
  matched: number;
  hit: number;
}

export class Faults {
  private active: ActiveRule[] = [];

  constructor(private readonly random: () => number) {}

  /**
   * From now on, requests that match meet the fault. Returns what ends it. The first rule that
   * applies to a request wins.
   */
  inject(rule: FaultRule): () => void {
    const added = { rule, matched: 0, hit: 0 };
    this.active.push(added);
    return () => {
      this.active = this.active.filter((other) => other !== added);
    };
  }

  clear(): void {
    this.active = [];
  }

  /** The fault that this request meets. */
  next(request: Request): Fault | undefined {
    for (const candidate of this.active) {
      if (!this.applies(candidate, request)) continue;
      candidate.hit += 1;
      return candidate.rule.fault;
    }
    return undefined;
  }

  private applies(candidate: ActiveRule, request: Request): boolean {
    const { codes, keyPrefix, when, skip = 0, times = Infinity, probability = 1 } = candidate.rule;
    if (codes !== undefined && !codes.includes(request.code)) return false;
    if (keyPrefix !== undefined && request.key?.startsWith(keyPrefix) !== true) return false;
    if (when !== undefined && !when(request)) return false;
    if (candidate.hit >= times || this.random() >= probability) return false;
    candidate.matched += 1;
    return candidate.matched > skip;
  }
}
