/**
 * Many announces and scrapes in one run of the announce action: docs/udp.md has the layout.
 *
 * A batch and its answer begin with three letters and the version. Then a batch has its requests
 * and an answer as many replies, in the same order, each with its length before it. The version
 * changes with any change of what follows.
 */
import { BatchFormatError, ByteReader } from './bytes.js';

/**
 * The header that tells a batch from a request of the gateway. Its value is the version, but that
 * of the body counts.
 */
export const BATCH_HEADER = 'x-tracker-batch';

export const BATCH_VERSION = 2;

const LETTERS = Buffer.from('TRB');
const HEAD_LENGTH = LETTERS.length + 1;
/** Bytes of the length before a request or reply. */
const LENGTH_BYTES = 2;
const MAX_PART = 0xffff;

/** What a request or a reply is; it is its first byte. */
export const KIND = { announce: 1, scrape: 2, failure: 3 } as const;

/**
 * The other side speaks another version, or none: it is no tracker of this kind, or older than
 * batches.
 */
export class BatchVersionError extends Error {
  override readonly name = 'BatchVersionError';

  /** @param version of the other side, undefined if it speaks none */
  constructor(readonly version: number | undefined) {
    super(
      version === undefined
        ? 'the other side knows no batches'
        : `the other side has version ${version} of batches, this one ${BATCH_VERSION}`,
    );
  }
}

/** Bytes that a part takes in a batch or an answer. */
export function sizeInBatch(part: Uint8Array): number {
  return LENGTH_BYTES + part.length;
}

/** @param parts requests or replies, encoded; each at most 65,535 bytes */
export function joinParts(parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + sizeInBatch(part), HEAD_LENGTH);
  const bytes = Buffer.allocUnsafe(length);
  bytes.set(emptyBatch());
  let at = HEAD_LENGTH;
  for (const part of parts) {
    if (part.length > MAX_PART) throw new RangeError('a part of a batch has at most 65,535 bytes');
    at = bytes.writeUInt16BE(part.length, at);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What a batch of another version is answered with: only the version of this side. */
export function emptyBatch(): Buffer {
  return Buffer.from([...LETTERS, BATCH_VERSION]);
}

/**
 * The requests of a batch, or the replies of an answer, still encoded.
 * @throws BatchVersionError if the other side speaks another version, BatchFormatError if the bytes
 *   are cut off
 */
export function splitParts(bytes: Buffer): Buffer[] {
  if (bytes.length < HEAD_LENGTH || !bytes.subarray(0, LETTERS.length).equals(LETTERS)) {
    throw new BatchVersionError(undefined);
  }
  const version = bytes[LETTERS.length];
  if (version !== BATCH_VERSION) throw new BatchVersionError(version);
  const reader = new ByteReader(bytes.subarray(HEAD_LENGTH));
  const parts: Buffer[] = [];
  while (reader.left > 0) parts.push(reader.bytes(reader.u16()));
  return parts;
}

/** @throws BatchFormatError */
export function unknownKind(): never {
  throw new BatchFormatError('a batch has a part of a kind that is not known');
}
