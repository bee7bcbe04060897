/**
 * Version vectors as the opaque bytes that travel to clients and back. The layout is the double's
 * own; Riak's is nobody's business but Riak's.
 */

import { Buffer } from 'node:buffer';
import type { VersionVector } from './dvv.js';

const MAGIC = 0x6b;
const ENTRY_BYTES = 8;

/** The bytes are no vclock that this double has handed out. */
export class VclockError extends Error {
  override readonly name = 'VclockError';
}

export function encodeVclock(version: VersionVector): Buffer {
  const bytes = Buffer.allocUnsafe(1 + version.size * ENTRY_BYTES);
  bytes.writeUInt8(MAGIC, 0);
  let position = 1;
  for (const [actor, counter] of [...version].sort(([a], [b]) => a - b)) {
    bytes.writeUInt32BE(actor, position);
    bytes.writeUInt32BE(counter, position + 4);
    position += ENTRY_BYTES;
  }
  return bytes;
}

/** Throws a VclockError for bytes that are none. */
export function decodeVclock(bytes: Buffer): VersionVector {
  if (bytes[0] !== MAGIC || (bytes.length - 1) % ENTRY_BYTES !== 0) {
    throw new VclockError(`no vclock: ${bytes.toString('hex')}`);
  }
  const version = new Map<number, number>();
  for (let position = 1; position < bytes.length; position += ENTRY_BYTES) {
    version.set(bytes.readUInt32BE(position), bytes.readUInt32BE(position + 4));
  }
  return version;
}
