/** A client of BEP 15, as bytes: written by the text of the BEP alone, with nothing of lib/udp. */
import { randomInt } from 'node:crypto';

export interface Announce {
  readonly infohash?: Uint8Array;
  readonly peerId?: Uint8Array;
  readonly downloaded?: bigint;
  readonly left?: bigint;
  readonly uploaded?: bigint;
  /** 0 none, 1 completed, 2 started, 3 stopped. */
  readonly event?: number;
  /** As a number of 32 bits. */
  readonly ip?: number;
  readonly key?: number;
  readonly numwant?: number;
  readonly port?: number;
  /** What follows the 98 bytes (BEP 41). */
  readonly options?: Uint8Array;
}

export const someInfohash = Buffer.from('ff00aabbccddeeff00112233445566778899aabb', 'hex');
const somePeerId = Buffer.from('-TE0001-\xe9\x00\xff123456789', 'latin1');

function newTransaction(): number {
  return randomInt(2 ** 32);
}

export function connectRequest(transaction = newTransaction()): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64BE(0x41727101980n, 0);
  bytes.writeUInt32BE(transaction, 12);
  return bytes;
}

export function announceRequest(
  id: Uint8Array,
  announce: Announce = {},
  transaction = newTransaction(),
): Buffer {
  const bytes = Buffer.alloc(98);
  bytes.set(id, 0);
  bytes.writeUInt32BE(1, 8);
  bytes.writeUInt32BE(transaction, 12);
  bytes.set(announce.infohash ?? someInfohash, 16);
  bytes.set(announce.peerId ?? somePeerId, 36);
  bytes.writeBigUInt64BE(announce.downloaded ?? 0n, 56);
  bytes.writeBigUInt64BE(announce.left ?? 1000n, 64);
  bytes.writeBigUInt64BE(announce.uploaded ?? 0n, 72);
  bytes.writeUInt32BE(announce.event ?? 0, 80);
  bytes.writeUInt32BE(announce.ip ?? 0, 84);
  bytes.writeUInt32BE(announce.key ?? 0, 88);
  bytes.writeInt32BE(announce.numwant ?? -1, 92);
  bytes.writeUInt16BE(announce.port ?? 6881, 96);
  return announce.options === undefined ? bytes : Buffer.concat([bytes, announce.options]);
}

export function scrapeRequest(
  id: Uint8Array,
  infohashes: readonly Uint8Array[],
  transaction = newTransaction(),
): Buffer {
  const head = Buffer.alloc(16);
  head.set(id, 0);
  head.writeUInt32BE(2, 8);
  head.writeUInt32BE(transaction, 12);
  return Buffer.concat([head, ...infohashes]);
}

/** The options of BEP 41 that carry a path and query. */
export function urlData(target: string): Buffer {
  const bytes = Buffer.from(target, 'latin1');
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Buffer.from([2, part.length]), part);
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

export interface AnnounceReply {
  readonly transaction: number;
  readonly interval: number;
  readonly leechers: number;
  readonly seeders: number;
  /** The compact peers, 6 or 18 bytes each. */
  readonly peers: Buffer;
}

export interface Counts {
  readonly seeders: number;
  readonly completed: number;
  readonly leechers: number;
}

/** @throws Error if it is another reply, with the text of an error */
export function readAnnounceReply(bytes: Buffer): AnnounceReply {
  requireAction(bytes, 1, 20);
  return {
    transaction: bytes.readUInt32BE(4),
    interval: bytes.readUInt32BE(8),
    leechers: bytes.readUInt32BE(12),
    seeders: bytes.readUInt32BE(16),
    peers: bytes.subarray(20),
  };
}

/** @throws Error if it is another reply, with the text of an error */
export function readScrapeReply(bytes: Buffer): Counts[] {
  requireAction(bytes, 2, 8);
  return Array.from({ length: (bytes.length - 8) / 12 }, (_, i) => ({
    seeders: bytes.readUInt32BE(8 + 12 * i),
    completed: bytes.readUInt32BE(12 + 12 * i),
    leechers: bytes.readUInt32BE(16 + 12 * i),
  }));
}

/** The connection id. @throws Error if it is another reply */
export function readConnectReply(bytes: Buffer): Buffer {
  requireAction(bytes, 0, 16);
  return bytes.subarray(8, 16);
}

/** The text. @throws Error if it is another reply */
export function readError(bytes: Buffer): string {
  if (bytes.readUInt32BE(0) !== 3) throw new Error(`no error: ${bytes.toString('hex')}`);
  return bytes.toString('latin1', 8);
}

function requireAction(bytes: Buffer, action: number, length: number): void {
  if (bytes.length >= 8 && bytes.readUInt32BE(0) === 3) throw new Error(`refused: ${readError(bytes)}`);
  if (bytes.length < length || bytes.readUInt32BE(0) !== action) {
    throw new Error(`not a reply of action ${action}: ${bytes.toString('hex')}`);
  }
}
