import { crc32 } from 'node:zlib';

/**
 * A stored shard as a later version of the tracker might write it: whole, but of a format that this
 * one does not know.
 */
export function ofNewerFormat(stored: Uint8Array): Buffer {
  const bytes = Buffer.from(stored);
  bytes[4] = 2;
  bytes.writeUInt32BE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** A stored shard with one bit turned. */
export function damaged(stored: Uint8Array): Buffer {
  const bytes = Buffer.from(stored);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return bytes;
}
