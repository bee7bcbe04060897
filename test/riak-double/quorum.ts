/** How many replies of replicas are enough (riak_kv_get_core, riak_kv_put_core). */

import { RiakError } from './answers.js';
import type { BucketType } from './bucket-types.js';
import type { Place } from './ring.js';

export interface ReadQuorum {
  readonly r: number;
  readonly pr: number;
  /** A replica that has nothing counts as one that has answered. */
  readonly notfoundOk: boolean;
  /** Without notfoundOk: half of the replicas that have nothing are enough to say so. */
  readonly basicQuorum: boolean;
}

export interface WriteQuorum {
  readonly w: number;
  readonly dw: number;
  readonly pw: number;
}

/** Names of quorums travel as the last numbers of 32 bits. */
const ONE = 0xffff_fffe;
const QUORUM = 0xffff_fffd;
const ALL = 0xffff_fffc;
const DEFAULT = 0xffff_fffb;

function majority(copies: number): number {
  return Math.floor(copies / 2) + 1;
}

/** A quorum as a number of replicas. Throws a RiakError for more than there are copies. */
function numberOf(quorum: number | undefined, type: BucketType, otherwise: number): number {
  switch (quorum) {
    case undefined:
    case DEFAULT:
      return otherwise;
    case ONE:
      return 1;
    case QUORUM:
      return majority(type.nVal);
    case ALL:
      return type.nVal;
    default:
      if (quorum > type.nVal) throw new RiakError(`{n_val_violation,${type.nVal}}`);
      return quorum;
  }
}

interface ReadFields {
  readonly r?: number | undefined;
  readonly pr?: number | undefined;
  readonly notfound_ok?: boolean | undefined;
  readonly basic_quorum?: boolean | undefined;
}

/** Where the request says nothing, as the properties of a bucket type say that nobody has changed. */
export function readQuorum(request: ReadFields, type: BucketType): ReadQuorum {
  return {
    r: numberOf(request.r, type, majority(type.nVal)),
    pr: numberOf(request.pr, type, 0),
    notfoundOk: request.notfound_ok ?? true,
    basicQuorum: request.basic_quorum ?? false,
  };
}

interface WriteFields {
  readonly w?: number | undefined;
  readonly dw?: number | undefined;
  readonly pw?: number | undefined;
}

export function writeQuorum(request: WriteFields, type: BucketType): WriteQuorum {
  return {
    w: numberOf(request.w, type, majority(type.nVal)),
    dw: numberOf(request.dw, type, majority(type.nVal)),
    pw: numberOf(request.pw, type, 0),
  };
}

/** Throws a RiakError if too few nodes are up for a quorum, before any is asked. */
export function checkNodesUp(
  places: readonly Place[],
  needed: number,
  primaries: number,
  name: string,
): void {
  const up = places.filter(({ fallback }) => !fallback).length;
  if (up < primaries) throw new RiakError(`{${name}_val_unsatisfied,${primaries},${up}}`);
  if (places.length < needed) throw new RiakError(`{insufficient_vnodes,${places.length},need,${needed}}`);
}

export interface ReadReply {
  readonly found: boolean;
  readonly fallback: boolean;
}

/** What the replies to a read so far come to. */
export function readDecision(
  { r, pr, notfoundOk, basicQuorum }: ReadQuorum,
  copies: number,
  replies: readonly ReadReply[],
): 'enough' | 'not-found' | 'wait' {
  const ok = replies.filter(({ found }) => found || notfoundOk);
  if (ok.length >= r && ok.filter(({ fallback }) => !fallback).length >= pr) return 'enough';
  const tooMany = basicQuorum ? Math.min(majority(copies), copies - r + 1) : copies - r + 1;
  return replies.length - ok.length >= tooMany ? 'not-found' : 'wait';
}
