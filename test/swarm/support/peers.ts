import { createRecord } from '../../../lib/swarm/shard/peer-record.js';
import { hashPeerId, shardAt } from '../../../lib/swarm/shard/placement.js';
import { dated } from '../../support/swarm-arbitraries.js';

/**
 * Numbered peers: a number always means the same peer id and addresses, and no two numbers share
 * one.
 */
export function peerIdOf(number: number): Buffer {
  const id = Buffer.from('-TE0001-000000000000', 'latin1');
  id.writeUInt32BE(number, 16);
  return id;
}

export function v4Of(number: number): Buffer {
  const address = Buffer.alloc(4);
  address.writeUInt32BE(0x0a000000 + number);
  return address;
}

export function v6Of(number: number): Buffer {
  const address = Buffer.alloc(16);
  address.writeUInt16BE(0x2001);
  address.writeUInt32BE(number, 12);
  return address;
}

export interface PeerFields {
  readonly peerId: Uint8Array;
  readonly address: Uint8Array;
  readonly port: number;
  /** Seconds since the epoch; records know sixteenths of them. */
  readonly seen: number;
  readonly flags: number;
}

/**
 * The record of a numbered peer: over IPv4, port 6881, seen at second 1,000, a leecher, unless
 * `changes` says otherwise.
 */
export function recordOf(number: number, changes: Partial<PeerFields> = {}): Buffer {
  const { seen, ...peer } = {
    peerId: peerIdOf(number),
    address: v4Of(number),
    port: 6881,
    seen: 1000,
    flags: 0,
    ...changes,
  };
  return dated(createRecord(peer), seen * 16);
}

/**
 * The first `count` numbers, from `from` on, of peers that belong into shard n where all shards
 * have this depth.
 */
export function numbersIn(n: number, depth: number, count: number, from = 0): number[] {
  const numbers: number[] = [];
  for (let number = from; numbers.length < count; number++) {
    if (shardAt(hashPeerId(peerIdOf(number)), depth) === n) numbers.push(number);
  }
  return numbers;
}
