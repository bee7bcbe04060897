import { createHash } from 'node:crypto';
import bencode from 'bencode';

export interface Torrent {
  readonly fileName: string;
  readonly content: Buffer;
  /** The .torrent file: BEP 3, one tracker. */
  readonly metainfo: Uint8Array;
  /** 20 bytes. */
  readonly infoHash: Buffer;
}

const pieceBytes = 32 * 1024;

/**
 * A torrent of one file, whose content follows from `seed`. The last piece is shorter than the
 * others.
 * @param isPrivate whether clients may find each other through the tracker alone (BEP 27)
 */
export function makeTorrent(seed: string, announceUrl: string, isPrivate = false): Torrent {
  const fileName = `${seed}.bin`;
  const content = createHash('shake256', { outputLength: 2 * 1024 * 1024 + 4321 })
    .update(seed)
    .digest();
  const info = {
    length: content.length,
    name: fileName,
    'piece length': pieceBytes,
    pieces: Buffer.concat(pieceHashes(content)),
    ...(isPrivate ? { private: 1 } : {}),
  };
  return {
    fileName,
    content,
    metainfo: bencode.encode({ announce: announceUrl, info }),
    infoHash: sha1(bencode.encode(info)),
  };
}

function pieceHashes(content: Buffer): Buffer[] {
  const starts = Array.from({ length: Math.ceil(content.length / pieceBytes) }, (_, i) => i * pieceBytes);
  return starts.map((start) => sha1(content.subarray(start, start + pieceBytes)));
}

function sha1(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest();
}
